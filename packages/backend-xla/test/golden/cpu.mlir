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
    %3 = stablehlo.convolution(%input.images, %state.kernel) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<3x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    // FacewrightBatchNormTraining
    %4 = stablehlo.slice %3 [0:1, 0:1, 0:1, 0:4] : (tensor<8x3x3x4xf32>) -> tensor<1x1x1x4xf32>
    %5 = stablehlo.reshape %4 : (tensor<1x1x1x4xf32>) -> tensor<1x4xf32>
    %6 = stablehlo.reshape %5 : (tensor<1x4xf32>) -> tensor<4xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %8 = stablehlo.subtract %3, %7 : tensor<8x3x3x4xf32>
    %9 = stablehlo.multiply %8, %8 : tensor<8x3x3x4xf32>
    %10 = stablehlo.constant dense<0.0> : tensor<f32>
    %11 = stablehlo.reduce(%8 init: %10) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %12 = stablehlo.reduce(%9 init: %10) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %13 = stablehlo.reshape %11 : (tensor<4xf32>) -> tensor<1x4xf32>
    %14 = stablehlo.reshape %12 : (tensor<4xf32>) -> tensor<1x4xf32>
    %15 = stablehlo.constant dense<1.3888889e-2> : tensor<1x4xf32>
    %16 = stablehlo.multiply %13, %15 : tensor<1x4xf32>
    %17 = stablehlo.multiply %14, %15 : tensor<1x4xf32>
    %18 = stablehlo.multiply %16, %16 : tensor<1x4xf32>
    %19 = stablehlo.subtract %17, %18 : tensor<1x4xf32>
    %20 = stablehlo.constant dense<0.0> : tensor<1x4xf32>
    %21 = stablehlo.maximum %19, %20 : tensor<1x4xf32>
    %22 = stablehlo.constant dense<1.0e-3> : tensor<1x4xf32>
    %23 = stablehlo.add %21, %22 : tensor<1x4xf32>
    %24 = stablehlo.rsqrt %23 : tensor<1x4xf32>
    %25 = stablehlo.add %5, %16 : tensor<1x4xf32>
    %26 = stablehlo.reshape %25 : (tensor<1x4xf32>) -> tensor<4xf32>
    %27 = stablehlo.broadcast_in_dim %26, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %28 = stablehlo.subtract %3, %27 : tensor<8x3x3x4xf32>
    %29 = stablehlo.reshape %24 : (tensor<1x4xf32>) -> tensor<4xf32>
    %30 = stablehlo.broadcast_in_dim %29, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %31 = stablehlo.multiply %28, %30 : tensor<8x3x3x4xf32>
    %32 = stablehlo.broadcast_in_dim %state.gamma, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %33 = stablehlo.multiply %31, %32 : tensor<8x3x3x4xf32>
    %34 = stablehlo.broadcast_in_dim %state.beta, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %35 = stablehlo.add %33, %34 : tensor<8x3x3x4xf32>
    %36 = stablehlo.reshape %21 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Prelu
    %37 = stablehlo.broadcast_in_dim %state.slope, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %38 = stablehlo.multiply %35, %37 : tensor<8x3x3x4xf32>
    %39 = stablehlo.constant dense<0.0> : tensor<8x3x3x4xf32>
    %40 = stablehlo.compare GE, %35, %39 : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xi1>
    %41 = stablehlo.select %40, %35, %38 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    // DepthwiseConv2dNative
    %42 = stablehlo.reshape %state.depthwise : (tensor<3x3x4x1xf32>) -> tensor<3x3x1x4xf32>
    %43 = stablehlo.convolution(%41, %42) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xf32>, tensor<3x3x1x4xf32>) -> tensor<8x3x3x4xf32>
    // Mean
    %44 = stablehlo.reduce(%43 init: %10) applies stablehlo.add across dimensions = [1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<8x4xf32>
    %45 = stablehlo.constant dense<1.1111111e-1> : tensor<8x4xf32>
    %46 = stablehlo.multiply %44, %45 : tensor<8x4xf32>
    // BatchMatMul
    %47 = stablehlo.dot_general %46, %state.dense, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    // FacewrightSoftmaxCrossEntropy
    %48 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %49 = stablehlo.reduce(%47 init: %48) applies stablehlo.maximum across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %50 = stablehlo.broadcast_in_dim %49, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %51 = stablehlo.subtract %47, %50 : tensor<8x5xf32>
    %52 = stablehlo.exponential %51 : tensor<8x5xf32>
    %53 = stablehlo.reduce(%52 init: %10) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %54 = stablehlo.log %53 : tensor<8xf32>
    %55 = stablehlo.iota dim = 1 : tensor<8x5xi32>
    %56 = stablehlo.broadcast_in_dim %input.labels, dims = [0] : (tensor<8xi32>) -> tensor<8x5xi32>
    %57 = stablehlo.compare EQ, %55, %56 : (tensor<8x5xi32>, tensor<8x5xi32>) -> tensor<8x5xi1>
    %58 = stablehlo.constant dense<0.0> : tensor<8x5xf32>
    %59 = stablehlo.select %57, %51, %58 : tensor<8x5xi1>, tensor<8x5xf32>
    %60 = stablehlo.reduce(%59 init: %10) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %61 = stablehlo.subtract %54, %60 : tensor<8xf32>
    // Mean
    %62 = stablehlo.reduce(%61 init: %10) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
    %63 = stablehlo.constant dense<1.25e-1> : tensor<f32>
    %64 = stablehlo.multiply %62, %63 : tensor<f32>
    // FacewrightSoftmaxCrossEntropyGradient
    %65 = stablehlo.convert %57 : (tensor<8x5xi1>) -> tensor<8x5xf32>
    %66 = stablehlo.broadcast_in_dim %53, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %67 = stablehlo.divide %52, %66 : tensor<8x5xf32>
    %68 = stablehlo.subtract %67, %65 : tensor<8x5xf32>
    %69 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %70 = stablehlo.multiply %68, %69 : tensor<8x5xf32>
    // BatchMatMul
    %71 = stablehlo.dot_general %70, %state.dense, contracting_dims = [1] x [1] : (tensor<8x5xf32>, tensor<4x5xf32>) -> tensor<8x4xf32>
    // BatchMatMul
    %72 = stablehlo.dot_general %46, %70, contracting_dims = [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
    // Reshape
    %73 = stablehlo.reshape %71 : (tensor<8x4xf32>) -> tensor<8x1x1x4xf32>
    // Multiply
    %74 = stablehlo.broadcast_in_dim %73, dims = [0, 1, 2, 3] : (tensor<8x1x1x4xf32>) -> tensor<8x3x3x4xf32>
    %75 = stablehlo.multiply %74, %0 : tensor<8x3x3x4xf32>
    // RealDiv
    %76 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<8x3x3x4xf32>
    %77 = stablehlo.divide %75, %76 : tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropInput
    %78 = stablehlo.transpose %state.depthwise, dims = [0, 1, 3, 2] : (tensor<3x3x4x1xf32>) -> tensor<3x3x1x4xf32>
    %79 = stablehlo.reverse %78, dims = [0, 1] : tensor<3x3x1x4xf32>
    %80 = stablehlo.convolution(%77, %79) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xf32>, tensor<3x3x1x4xf32>) -> tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropFilter
    %81 = stablehlo.transpose %41, dims = [1, 2, 3, 0] : (tensor<8x3x3x4xf32>) -> tensor<3x3x4x8xf32>
    %82 = stablehlo.reshape %81 : (tensor<3x3x4x8xf32>) -> tensor<1x3x3x32xf32>
    %83 = stablehlo.convolution(%82, %77) dim_numbers = [b, 0, 1, f]x[i, 0, 1, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<1x3x3x32xf32>, tensor<8x3x3x4xf32>) -> tensor<1x3x3x4xf32>
    %84 = stablehlo.reshape %83 : (tensor<1x3x3x4xf32>) -> tensor<3x3x4x1xf32>
    // FacewrightPreluGradient
    %85 = stablehlo.multiply %80, %37 : tensor<8x3x3x4xf32>
    %86 = stablehlo.select %40, %80, %85 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    %87 = stablehlo.minimum %35, %39 : tensor<8x3x3x4xf32>
    %88 = stablehlo.multiply %80, %87 : tensor<8x3x3x4xf32>
    %89 = stablehlo.reduce(%88 init: %10) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    // FacewrightBatchNormTrainingGradient
    %90 = stablehlo.multiply %86, %31 : tensor<8x3x3x4xf32>
    %91 = stablehlo.reduce(%86 init: %10) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %92 = stablehlo.reduce(%90 init: %10) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %93 = stablehlo.reshape %91 : (tensor<4xf32>) -> tensor<1x4xf32>
    %94 = stablehlo.reshape %92 : (tensor<4xf32>) -> tensor<1x4xf32>
    %95 = stablehlo.multiply %93, %15 : tensor<1x4xf32>
    %96 = stablehlo.reshape %95 : (tensor<1x4xf32>) -> tensor<4xf32>
    %97 = stablehlo.broadcast_in_dim %96, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %98 = stablehlo.subtract %86, %97 : tensor<8x3x3x4xf32>
    %99 = stablehlo.multiply %94, %15 : tensor<1x4xf32>
    %100 = stablehlo.reshape %99 : (tensor<1x4xf32>) -> tensor<4xf32>
    %101 = stablehlo.broadcast_in_dim %100, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %102 = stablehlo.multiply %31, %101 : tensor<8x3x3x4xf32>
    %103 = stablehlo.subtract %98, %102 : tensor<8x3x3x4xf32>
    %104 = stablehlo.broadcast_in_dim %state.gamma, dims = [1] : (tensor<4xf32>) -> tensor<1x4xf32>
    %105 = stablehlo.multiply %24, %104 : tensor<1x4xf32>
    %106 = stablehlo.reshape %105 : (tensor<1x4xf32>) -> tensor<4xf32>
    %107 = stablehlo.broadcast_in_dim %106, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %108 = stablehlo.multiply %103, %107 : tensor<8x3x3x4xf32>
    %109 = stablehlo.reshape %94 : (tensor<1x4xf32>) -> tensor<4xf32>
    %110 = stablehlo.reshape %93 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Conv2DBackpropFilter
    %111 = stablehlo.convolution(%input.images, %108) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<8x3x3x4xf32>) -> tensor<3x3x3x4xf32>
    // Multiply
    %112 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x3x4xf32>
    %113 = stablehlo.multiply %111, %112 : tensor<3x3x3x4xf32>
    // Sub
    %114 = stablehlo.subtract %state.kernel, %113 : tensor<3x3x3x4xf32>
    // Multiply
    %115 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %116 = stablehlo.multiply %109, %115 : tensor<4xf32>
    // Sub
    %117 = stablehlo.subtract %state.gamma, %116 : tensor<4xf32>
    // Multiply
    %118 = stablehlo.multiply %110, %115 : tensor<4xf32>
    // Sub
    %119 = stablehlo.subtract %state.beta, %118 : tensor<4xf32>
    // Multiply
    %120 = stablehlo.multiply %89, %115 : tensor<4xf32>
    // Sub
    %121 = stablehlo.subtract %state.slope, %120 : tensor<4xf32>
    // Multiply
    %122 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x4x1xf32>
    %123 = stablehlo.multiply %84, %122 : tensor<3x3x4x1xf32>
    // Sub
    %124 = stablehlo.subtract %state.depthwise, %123 : tensor<3x3x4x1xf32>
    // Multiply
    %125 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %126 = stablehlo.multiply %72, %125 : tensor<4x5xf32>
    // Sub
    %127 = stablehlo.subtract %state.dense, %126 : tensor<4x5xf32>
    return %114, %117, %119, %121, %124, %127, %64 : tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x3x4x1xf32>, tensor<4x5xf32>, tensor<f32>
  }
}
