module @step {
  func.func public @main(
    %state.kernel: tensor<3x3x3x4xf32> {tf.aliasing_output = 0 : i32},
    %state.gamma: tensor<4xf32> {tf.aliasing_output = 1 : i32},
    %state.beta: tensor<4xf32> {tf.aliasing_output = 2 : i32},
    %state.slope: tensor<4xf32> {tf.aliasing_output = 3 : i32},
    %state.depthwise: tensor<3x3x4x1xf32> {tf.aliasing_output = 4 : i32},
    %state.dense: tensor<4x5xf32> {tf.aliasing_output = 5 : i32},
    %input.images: tensor<8x6x6x3xf32>,
    %input.labels: tensor<8xi32>,
    %input.rate: tensor<f32>
  ) -> (
    tensor<3x3x3x4xf32>,
    tensor<4xf32>,
    tensor<4xf32>,
    tensor<4xf32>,
    tensor<3x3x4x1xf32>,
    tensor<4x5xf32>,
    tensor<f32>
  ) {
    %0 = stablehlo.constant dense<1.0> : tensor<8x3x3x4xf32>
    %1 = stablehlo.constant dense<9.0> : tensor<f32>
    %2 = stablehlo.constant dense<1.25e-1> : tensor<8xf32>
    // Conv2D
    %3 = stablehlo.convolution(%input.images, %state.kernel) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<3x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    // FacewrightBatchNormTraining
    %4 = stablehlo.constant dense<0.0> : tensor<f32>
    %5 = stablehlo.reduce(%3 init: %4) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %6 = stablehlo.reshape %5 : (tensor<4xf32>) -> tensor<1x4xf32>
    %7 = stablehlo.constant dense<1.3888889e-2> : tensor<1x4xf32>
    %8 = stablehlo.multiply %6, %7 : tensor<1x4xf32>
    %9 = stablehlo.reshape %8 : (tensor<1x4xf32>) -> tensor<4xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %11 = stablehlo.subtract %3, %10 : tensor<8x3x3x4xf32>
    %12 = stablehlo.multiply %11, %11 : tensor<8x3x3x4xf32>
    %13 = stablehlo.reduce(%12 init: %4) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %14 = stablehlo.reshape %13 : (tensor<4xf32>) -> tensor<1x4xf32>
    %15 = stablehlo.multiply %14, %7 : tensor<1x4xf32>
    %16 = stablehlo.constant dense<1.0e-3> : tensor<1x4xf32>
    %17 = stablehlo.add %15, %16 : tensor<1x4xf32>
    %18 = stablehlo.rsqrt %17 : tensor<1x4xf32>
    %19 = stablehlo.reshape %18 : (tensor<1x4xf32>) -> tensor<4xf32>
    %20 = stablehlo.broadcast_in_dim %19, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %21 = stablehlo.multiply %11, %20 : tensor<8x3x3x4xf32>
    %22 = stablehlo.broadcast_in_dim %state.gamma, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %23 = stablehlo.multiply %21, %22 : tensor<8x3x3x4xf32>
    %24 = stablehlo.broadcast_in_dim %state.beta, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %25 = stablehlo.add %23, %24 : tensor<8x3x3x4xf32>
    %26 = stablehlo.reshape %15 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Prelu
    %27 = stablehlo.broadcast_in_dim %state.slope, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %28 = stablehlo.multiply %25, %27 : tensor<8x3x3x4xf32>
    %29 = stablehlo.constant dense<0.0> : tensor<8x3x3x4xf32>
    %30 = stablehlo.compare GE, %25, %29 : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xi1>
    %31 = stablehlo.select %30, %25, %28 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    // DepthwiseConv2dNative
    %32 = stablehlo.reshape %state.depthwise : (tensor<3x3x4x1xf32>) -> tensor<3x3x1x4xf32>
    %33 = stablehlo.convolution(%31, %32) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xf32>, tensor<3x3x1x4xf32>) -> tensor<8x3x3x4xf32>
    // Mean
    %34 = stablehlo.reduce(%33 init: %4) applies stablehlo.add across dimensions = [1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<8x4xf32>
    %35 = stablehlo.constant dense<1.1111111e-1> : tensor<8x4xf32>
    %36 = stablehlo.multiply %34, %35 : tensor<8x4xf32>
    // BatchMatMul
    %37 = stablehlo.dot_general %36, %state.dense, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    // FacewrightSoftmaxCrossEntropy
    %38 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %39 = stablehlo.reduce(%37 init: %38) applies stablehlo.maximum across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %40 = stablehlo.broadcast_in_dim %39, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %41 = stablehlo.subtract %37, %40 : tensor<8x5xf32>
    %42 = stablehlo.exponential %41 : tensor<8x5xf32>
    %43 = stablehlo.reduce(%42 init: %4) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %44 = stablehlo.log %43 : tensor<8xf32>
    %45 = stablehlo.iota dim = 1 : tensor<8x5xi32>
    %46 = stablehlo.broadcast_in_dim %input.labels, dims = [0] : (tensor<8xi32>) -> tensor<8x5xi32>
    %47 = stablehlo.compare EQ, %45, %46 : (tensor<8x5xi32>, tensor<8x5xi32>) -> tensor<8x5xi1>
    %48 = stablehlo.constant dense<0.0> : tensor<8x5xf32>
    %49 = stablehlo.select %47, %41, %48 : tensor<8x5xi1>, tensor<8x5xf32>
    %50 = stablehlo.reduce(%49 init: %4) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %51 = stablehlo.subtract %44, %50 : tensor<8xf32>
    // Mean
    %52 = stablehlo.reduce(%51 init: %4) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
    %53 = stablehlo.constant dense<1.25e-1> : tensor<f32>
    %54 = stablehlo.multiply %52, %53 : tensor<f32>
    // FacewrightSoftmaxCrossEntropyGradient
    %55 = stablehlo.convert %47 : (tensor<8x5xi1>) -> tensor<8x5xf32>
    %56 = stablehlo.broadcast_in_dim %43, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %57 = stablehlo.divide %42, %56 : tensor<8x5xf32>
    %58 = stablehlo.subtract %57, %55 : tensor<8x5xf32>
    %59 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %60 = stablehlo.multiply %58, %59 : tensor<8x5xf32>
    // BatchMatMul
    %61 = stablehlo.dot_general %60, %state.dense, contracting_dims = [1] x [1] : (tensor<8x5xf32>, tensor<4x5xf32>) -> tensor<8x4xf32>
    // BatchMatMul
    %62 = stablehlo.dot_general %36, %60, contracting_dims = [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
    // Reshape
    %63 = stablehlo.reshape %61 : (tensor<8x4xf32>) -> tensor<8x1x1x4xf32>
    // Multiply
    %64 = stablehlo.broadcast_in_dim %63, dims = [0, 1, 2, 3] : (tensor<8x1x1x4xf32>) -> tensor<8x3x3x4xf32>
    %65 = stablehlo.multiply %64, %0 : tensor<8x3x3x4xf32>
    // RealDiv
    %66 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<8x3x3x4xf32>
    %67 = stablehlo.divide %65, %66 : tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropInput
    %68 = stablehlo.reverse %state.depthwise, dims = [0, 1] : tensor<3x3x4x1xf32>
    %69 = stablehlo.transpose %68, dims = [0, 1, 3, 2] : (tensor<3x3x4x1xf32>) -> tensor<3x3x1x4xf32>
    %70 = stablehlo.convolution(%67, %69) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xf32>, tensor<3x3x1x4xf32>) -> tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropFilter
    %71 = stablehlo.transpose %31, dims = [1, 2, 3, 0] : (tensor<8x3x3x4xf32>) -> tensor<3x3x4x8xf32>
    %72 = stablehlo.reshape %71 : (tensor<3x3x4x8xf32>) -> tensor<1x3x3x32xf32>
    %73 = stablehlo.convolution(%72, %67) dim_numbers = [b, 0, 1, f]x[i, 0, 1, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<1x3x3x32xf32>, tensor<8x3x3x4xf32>) -> tensor<1x3x3x4xf32>
    %74 = stablehlo.reshape %73 : (tensor<1x3x3x4xf32>) -> tensor<3x3x4x1xf32>
    // FacewrightPreluGradient
    %75 = stablehlo.multiply %70, %27 : tensor<8x3x3x4xf32>
    %76 = stablehlo.select %30, %70, %75 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    %77 = stablehlo.minimum %25, %29 : tensor<8x3x3x4xf32>
    %78 = stablehlo.multiply %70, %77 : tensor<8x3x3x4xf32>
    %79 = stablehlo.reduce(%78 init: %4) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    // FacewrightBatchNormTrainingGradient
    %80 = stablehlo.reduce(%76 init: %4) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %81 = stablehlo.reshape %80 : (tensor<4xf32>) -> tensor<1x4xf32>
    %82 = stablehlo.multiply %76, %21 : tensor<8x3x3x4xf32>
    %83 = stablehlo.reduce(%82 init: %4) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %84 = stablehlo.reshape %83 : (tensor<4xf32>) -> tensor<1x4xf32>
    %85 = stablehlo.multiply %81, %7 : tensor<1x4xf32>
    %86 = stablehlo.reshape %85 : (tensor<1x4xf32>) -> tensor<4xf32>
    %87 = stablehlo.broadcast_in_dim %86, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %88 = stablehlo.subtract %76, %87 : tensor<8x3x3x4xf32>
    %89 = stablehlo.multiply %84, %7 : tensor<1x4xf32>
    %90 = stablehlo.reshape %89 : (tensor<1x4xf32>) -> tensor<4xf32>
    %91 = stablehlo.broadcast_in_dim %90, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %92 = stablehlo.multiply %21, %91 : tensor<8x3x3x4xf32>
    %93 = stablehlo.subtract %88, %92 : tensor<8x3x3x4xf32>
    %94 = stablehlo.broadcast_in_dim %state.gamma, dims = [1] : (tensor<4xf32>) -> tensor<1x4xf32>
    %95 = stablehlo.multiply %18, %94 : tensor<1x4xf32>
    %96 = stablehlo.reshape %95 : (tensor<1x4xf32>) -> tensor<4xf32>
    %97 = stablehlo.broadcast_in_dim %96, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %98 = stablehlo.multiply %93, %97 : tensor<8x3x3x4xf32>
    %99 = stablehlo.reshape %84 : (tensor<1x4xf32>) -> tensor<4xf32>
    %100 = stablehlo.reshape %81 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Conv2DBackpropFilter
    %101 = stablehlo.convolution(%input.images, %98) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<8x3x3x4xf32>) -> tensor<3x3x3x4xf32>
    // Multiply
    %102 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x3x4xf32>
    %103 = stablehlo.multiply %101, %102 : tensor<3x3x3x4xf32>
    // Sub
    %104 = stablehlo.subtract %state.kernel, %103 : tensor<3x3x3x4xf32>
    // Multiply
    %105 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %106 = stablehlo.multiply %99, %105 : tensor<4xf32>
    // Sub
    %107 = stablehlo.subtract %state.gamma, %106 : tensor<4xf32>
    // Multiply
    %108 = stablehlo.multiply %100, %105 : tensor<4xf32>
    // Sub
    %109 = stablehlo.subtract %state.beta, %108 : tensor<4xf32>
    // Multiply
    %110 = stablehlo.multiply %79, %105 : tensor<4xf32>
    // Sub
    %111 = stablehlo.subtract %state.slope, %110 : tensor<4xf32>
    // Multiply
    %112 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x4x1xf32>
    %113 = stablehlo.multiply %74, %112 : tensor<3x3x4x1xf32>
    // Sub
    %114 = stablehlo.subtract %state.depthwise, %113 : tensor<3x3x4x1xf32>
    // Multiply
    %115 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %116 = stablehlo.multiply %62, %115 : tensor<4x5xf32>
    // Sub
    %117 = stablehlo.subtract %state.dense, %116 : tensor<4x5xf32>
    return %104, %107, %109, %111, %114, %117, %54 : tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x3x4x1xf32>, tensor<4x5xf32>, tensor<f32>
  }
}
