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
    %3 = stablehlo.convert %input.images : (tensor<8x6x6x3xf32>) -> tensor<8x6x6x3xbf16>
    %4 = stablehlo.convert %state.kernel : (tensor<3x3x3x4xf32>) -> tensor<3x3x3x4xbf16>
    %5 = stablehlo.convolution(%3, %4) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xbf16>, tensor<3x3x3x4xbf16>) -> tensor<8x3x3x4xbf16>
    // FacewrightBatchNormTraining
    %6 = stablehlo.convert %5 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %7 = stablehlo.constant dense<0.0> : tensor<f32>
    %8 = stablehlo.reduce(%6 init: %7) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %9 = stablehlo.reshape %8 : (tensor<4xf32>) -> tensor<1x4xf32>
    %10 = stablehlo.constant dense<1.3888889e-2> : tensor<1x4xf32>
    %11 = stablehlo.multiply %9, %10 : tensor<1x4xf32>
    %12 = stablehlo.reshape %11 : (tensor<1x4xf32>) -> tensor<4xf32>
    %13 = stablehlo.broadcast_in_dim %12, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %14 = stablehlo.subtract %6, %13 : tensor<8x3x3x4xf32>
    %15 = stablehlo.multiply %14, %14 : tensor<8x3x3x4xf32>
    %16 = stablehlo.reduce(%15 init: %7) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %17 = stablehlo.reshape %16 : (tensor<4xf32>) -> tensor<1x4xf32>
    %18 = stablehlo.multiply %17, %10 : tensor<1x4xf32>
    %19 = stablehlo.constant dense<1.0e-3> : tensor<1x4xf32>
    %20 = stablehlo.add %18, %19 : tensor<1x4xf32>
    %21 = stablehlo.rsqrt %20 : tensor<1x4xf32>
    %22 = stablehlo.reshape %21 : (tensor<1x4xf32>) -> tensor<4xf32>
    %23 = stablehlo.broadcast_in_dim %22, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %24 = stablehlo.multiply %14, %23 : tensor<8x3x3x4xf32>
    %25 = stablehlo.broadcast_in_dim %state.gamma, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %26 = stablehlo.multiply %24, %25 : tensor<8x3x3x4xf32>
    %27 = stablehlo.broadcast_in_dim %state.beta, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %28 = stablehlo.add %26, %27 : tensor<8x3x3x4xf32>
    %29 = stablehlo.convert %28 : (tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xbf16>
    %30 = stablehlo.reshape %18 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Prelu
    %31 = stablehlo.convert %state.slope : (tensor<4xf32>) -> tensor<4xbf16>
    %32 = stablehlo.broadcast_in_dim %31, dims = [3] : (tensor<4xbf16>) -> tensor<8x3x3x4xbf16>
    %33 = stablehlo.multiply %29, %32 : tensor<8x3x3x4xbf16>
    %34 = stablehlo.constant dense<0.0> : tensor<8x3x3x4xbf16>
    %35 = stablehlo.compare GE, %29, %34 : (tensor<8x3x3x4xbf16>, tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xi1>
    %36 = stablehlo.select %35, %29, %33 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xbf16>
    // DepthwiseConv2dNative
    %37 = stablehlo.convert %state.depthwise : (tensor<3x3x4x1xf32>) -> tensor<3x3x4x1xbf16>
    %38 = stablehlo.reshape %37 : (tensor<3x3x4x1xbf16>) -> tensor<3x3x1x4xbf16>
    %39 = stablehlo.convolution(%36, %38) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xbf16>, tensor<3x3x1x4xbf16>) -> tensor<8x3x3x4xbf16>
    // Mean
    %40 = stablehlo.convert %39 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %41 = stablehlo.reduce(%40 init: %7) applies stablehlo.add across dimensions = [1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<8x4xf32>
    %42 = stablehlo.constant dense<1.1111111e-1> : tensor<8x4xf32>
    %43 = stablehlo.multiply %41, %42 : tensor<8x4xf32>
    // BatchMatMul
    %44 = stablehlo.dot_general %43, %state.dense, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    // FacewrightSoftmaxCrossEntropy
    %45 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %46 = stablehlo.reduce(%44 init: %45) applies stablehlo.maximum across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %47 = stablehlo.broadcast_in_dim %46, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %48 = stablehlo.subtract %44, %47 : tensor<8x5xf32>
    %49 = stablehlo.exponential %48 : tensor<8x5xf32>
    %50 = stablehlo.reduce(%49 init: %7) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %51 = stablehlo.log %50 : tensor<8xf32>
    %52 = stablehlo.iota dim = 1 : tensor<8x5xi32>
    %53 = stablehlo.broadcast_in_dim %input.labels, dims = [0] : (tensor<8xi32>) -> tensor<8x5xi32>
    %54 = stablehlo.compare EQ, %52, %53 : (tensor<8x5xi32>, tensor<8x5xi32>) -> tensor<8x5xi1>
    %55 = stablehlo.constant dense<0.0> : tensor<8x5xf32>
    %56 = stablehlo.select %54, %48, %55 : tensor<8x5xi1>, tensor<8x5xf32>
    %57 = stablehlo.reduce(%56 init: %7) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %58 = stablehlo.subtract %51, %57 : tensor<8xf32>
    // Mean
    %59 = stablehlo.reduce(%58 init: %7) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
    %60 = stablehlo.constant dense<1.25e-1> : tensor<f32>
    %61 = stablehlo.multiply %59, %60 : tensor<f32>
    // FacewrightSoftmaxCrossEntropyGradient
    %62 = stablehlo.convert %54 : (tensor<8x5xi1>) -> tensor<8x5xf32>
    %63 = stablehlo.broadcast_in_dim %50, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %64 = stablehlo.divide %49, %63 : tensor<8x5xf32>
    %65 = stablehlo.subtract %64, %62 : tensor<8x5xf32>
    %66 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %67 = stablehlo.multiply %65, %66 : tensor<8x5xf32>
    // BatchMatMul
    %68 = stablehlo.dot_general %67, %state.dense, contracting_dims = [1] x [1] : (tensor<8x5xf32>, tensor<4x5xf32>) -> tensor<8x4xf32>
    // BatchMatMul
    %69 = stablehlo.dot_general %43, %67, contracting_dims = [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
    // Reshape
    %70 = stablehlo.reshape %68 : (tensor<8x4xf32>) -> tensor<8x1x1x4xf32>
    // Multiply
    %71 = stablehlo.broadcast_in_dim %70, dims = [0, 1, 2, 3] : (tensor<8x1x1x4xf32>) -> tensor<8x3x3x4xf32>
    %72 = stablehlo.multiply %71, %0 : tensor<8x3x3x4xf32>
    // RealDiv
    %73 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<8x3x3x4xf32>
    %74 = stablehlo.divide %72, %73 : tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropInput
    %75 = stablehlo.convert %74 : (tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xbf16>
    %76 = stablehlo.reverse %37, dims = [0, 1] : tensor<3x3x4x1xbf16>
    %77 = stablehlo.transpose %76, dims = [0, 1, 3, 2] : (tensor<3x3x4x1xbf16>) -> tensor<3x3x1x4xbf16>
    %78 = stablehlo.convolution(%75, %77) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xbf16>, tensor<3x3x1x4xbf16>) -> tensor<8x3x3x4xbf16>
    // DepthwiseConv2dNativeBackpropFilter
    %79 = stablehlo.convolution(%36, %75) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 4 : i64, feature_group_count = 1 : i64} : (tensor<8x3x3x4xbf16>, tensor<8x3x3x4xbf16>) -> tensor<3x3x1x4xbf16>
    %80 = stablehlo.reshape %79 : (tensor<3x3x1x4xbf16>) -> tensor<3x3x4x1xbf16>
    // FacewrightPreluGradient
    %81 = stablehlo.multiply %78, %32 : tensor<8x3x3x4xbf16>
    %82 = stablehlo.select %35, %78, %81 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xbf16>
    %83 = stablehlo.convert %78 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %84 = stablehlo.minimum %29, %34 : tensor<8x3x3x4xbf16>
    %85 = stablehlo.convert %84 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %86 = stablehlo.multiply %83, %85 : tensor<8x3x3x4xf32>
    %87 = stablehlo.reduce(%86 init: %7) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    // FacewrightBatchNormTrainingGradient
    %88 = stablehlo.convert %82 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %89 = stablehlo.reduce(%88 init: %7) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %90 = stablehlo.reshape %89 : (tensor<4xf32>) -> tensor<1x4xf32>
    %91 = stablehlo.multiply %88, %24 : tensor<8x3x3x4xf32>
    %92 = stablehlo.reduce(%91 init: %7) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    %93 = stablehlo.reshape %92 : (tensor<4xf32>) -> tensor<1x4xf32>
    %94 = stablehlo.multiply %90, %10 : tensor<1x4xf32>
    %95 = stablehlo.reshape %94 : (tensor<1x4xf32>) -> tensor<4xf32>
    %96 = stablehlo.broadcast_in_dim %95, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %97 = stablehlo.subtract %88, %96 : tensor<8x3x3x4xf32>
    %98 = stablehlo.multiply %93, %10 : tensor<1x4xf32>
    %99 = stablehlo.reshape %98 : (tensor<1x4xf32>) -> tensor<4xf32>
    %100 = stablehlo.broadcast_in_dim %99, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %101 = stablehlo.multiply %24, %100 : tensor<8x3x3x4xf32>
    %102 = stablehlo.subtract %97, %101 : tensor<8x3x3x4xf32>
    %103 = stablehlo.broadcast_in_dim %state.gamma, dims = [1] : (tensor<4xf32>) -> tensor<1x4xf32>
    %104 = stablehlo.multiply %21, %103 : tensor<1x4xf32>
    %105 = stablehlo.reshape %104 : (tensor<1x4xf32>) -> tensor<4xf32>
    %106 = stablehlo.broadcast_in_dim %105, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %107 = stablehlo.multiply %102, %106 : tensor<8x3x3x4xf32>
    %108 = stablehlo.convert %107 : (tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xbf16>
    %109 = stablehlo.reshape %93 : (tensor<1x4xf32>) -> tensor<4xf32>
    %110 = stablehlo.reshape %90 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Conv2DBackpropFilter
    %111 = stablehlo.convolution(%3, %108) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xbf16>, tensor<8x3x3x4xbf16>) -> tensor<3x3x3x4xbf16>
    // Multiply
    %112 = stablehlo.convert %111 : (tensor<3x3x3x4xbf16>) -> tensor<3x3x3x4xf32>
    %113 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x3x4xf32>
    %114 = stablehlo.multiply %112, %113 : tensor<3x3x3x4xf32>
    // Sub
    %115 = stablehlo.subtract %state.kernel, %114 : tensor<3x3x3x4xf32>
    // Multiply
    %116 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %117 = stablehlo.multiply %109, %116 : tensor<4xf32>
    // Sub
    %118 = stablehlo.subtract %state.gamma, %117 : tensor<4xf32>
    // Multiply
    %119 = stablehlo.multiply %110, %116 : tensor<4xf32>
    // Sub
    %120 = stablehlo.subtract %state.beta, %119 : tensor<4xf32>
    // Multiply
    %121 = stablehlo.multiply %87, %116 : tensor<4xf32>
    // Sub
    %122 = stablehlo.subtract %state.slope, %121 : tensor<4xf32>
    // Multiply
    %123 = stablehlo.convert %80 : (tensor<3x3x4x1xbf16>) -> tensor<3x3x4x1xf32>
    %124 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x4x1xf32>
    %125 = stablehlo.multiply %123, %124 : tensor<3x3x4x1xf32>
    // Sub
    %126 = stablehlo.subtract %state.depthwise, %125 : tensor<3x3x4x1xf32>
    // Multiply
    %127 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %128 = stablehlo.multiply %69, %127 : tensor<4x5xf32>
    // Sub
    %129 = stablehlo.subtract %state.dense, %128 : tensor<4x5xf32>
    return %115, %118, %120, %122, %126, %129, %61 : tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x3x4x1xf32>, tensor<4x5xf32>, tensor<f32>
  }
}
