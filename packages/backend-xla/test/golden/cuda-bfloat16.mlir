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
    %5 = stablehlo.convolution(%3, %4) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xbf16>, tensor<3x3x3x4xbf16>) -> tensor<8x3x3x4xbf16>
    // FacewrightBatchNormTraining
    %6 = stablehlo.convert %5 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %7 = stablehlo.slice %6 [0:1, 0:1, 0:1, 0:4] : (tensor<8x3x3x4xf32>) -> tensor<1x1x1x4xf32>
    %8 = stablehlo.reshape %7 : (tensor<1x1x1x4xf32>) -> tensor<1x4xf32>
    %9 = stablehlo.reshape %8 : (tensor<1x4xf32>) -> tensor<4xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %11 = stablehlo.subtract %6, %10 : tensor<8x3x3x4xf32>
    %12 = stablehlo.multiply %11, %11 : tensor<8x3x3x4xf32>
    %13 = stablehlo.constant dense<0.0> : tensor<f32>
    %14:2 = "stablehlo.reduce"(%11, %12, %13, %13) <{dimensions = array<i64: 0, 1, 2>}> ({
    ^bb0(%left.0: tensor<f32>, %left.1: tensor<f32>, %right.0: tensor<f32>, %right.1: tensor<f32>):
      %sum.0 = stablehlo.add %left.0, %right.0 : tensor<f32>
      %sum.1 = stablehlo.add %left.1, %right.1 : tensor<f32>
      stablehlo.return %sum.0, %sum.1 : tensor<f32>, tensor<f32>
    }) : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>, tensor<f32>, tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>)
    %15 = stablehlo.reshape %14#0 : (tensor<4xf32>) -> tensor<1x4xf32>
    %16 = stablehlo.reshape %14#1 : (tensor<4xf32>) -> tensor<1x4xf32>
    %17 = stablehlo.constant dense<1.3888889e-2> : tensor<1x4xf32>
    %18 = stablehlo.multiply %15, %17 : tensor<1x4xf32>
    %19 = stablehlo.multiply %16, %17 : tensor<1x4xf32>
    %20 = stablehlo.multiply %18, %18 : tensor<1x4xf32>
    %21 = stablehlo.subtract %19, %20 : tensor<1x4xf32>
    %22 = stablehlo.constant dense<0.0> : tensor<1x4xf32>
    %23 = stablehlo.maximum %21, %22 : tensor<1x4xf32>
    %24 = stablehlo.constant dense<1.0e-3> : tensor<1x4xf32>
    %25 = stablehlo.add %23, %24 : tensor<1x4xf32>
    %26 = stablehlo.rsqrt %25 : tensor<1x4xf32>
    %27 = stablehlo.add %8, %18 : tensor<1x4xf32>
    %28 = stablehlo.reshape %27 : (tensor<1x4xf32>) -> tensor<4xf32>
    %29 = stablehlo.broadcast_in_dim %28, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %30 = stablehlo.subtract %6, %29 : tensor<8x3x3x4xf32>
    %31 = stablehlo.reshape %26 : (tensor<1x4xf32>) -> tensor<4xf32>
    %32 = stablehlo.broadcast_in_dim %31, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %33 = stablehlo.multiply %30, %32 : tensor<8x3x3x4xf32>
    %34 = stablehlo.broadcast_in_dim %state.gamma, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %35 = stablehlo.multiply %33, %34 : tensor<8x3x3x4xf32>
    %36 = stablehlo.broadcast_in_dim %state.beta, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %37 = stablehlo.add %35, %36 : tensor<8x3x3x4xf32>
    %38 = stablehlo.convert %37 : (tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xbf16>
    %39 = stablehlo.reshape %23 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Prelu
    %40 = stablehlo.convert %state.slope : (tensor<4xf32>) -> tensor<4xbf16>
    %41 = stablehlo.broadcast_in_dim %40, dims = [3] : (tensor<4xbf16>) -> tensor<8x3x3x4xbf16>
    %42 = stablehlo.multiply %38, %41 : tensor<8x3x3x4xbf16>
    %43 = stablehlo.constant dense<0.0> : tensor<8x3x3x4xbf16>
    %44 = stablehlo.compare GE, %38, %43 : (tensor<8x3x3x4xbf16>, tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xi1>
    %45 = stablehlo.select %44, %38, %42 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xbf16>
    // DepthwiseConv2dNative
    %46 = stablehlo.convert %state.depthwise : (tensor<3x3x4x1xf32>) -> tensor<3x3x4x1xbf16>
    %47 = stablehlo.reshape %46 : (tensor<3x3x4x1xbf16>) -> tensor<3x3x1x4xbf16>
    %48 = stablehlo.convolution(%45, %47) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xbf16>, tensor<3x3x1x4xbf16>) -> tensor<8x3x3x4xbf16>
    // Mean
    %49 = stablehlo.convert %48 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %50 = stablehlo.reduce(%49 init: %13) applies stablehlo.add across dimensions = [1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<8x4xf32>
    %51 = stablehlo.constant dense<1.1111111e-1> : tensor<8x4xf32>
    %52 = stablehlo.multiply %50, %51 : tensor<8x4xf32>
    // BatchMatMul
    %53 = stablehlo.dot_general %52, %state.dense, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    // FacewrightSoftmaxCrossEntropy
    %54 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %55 = stablehlo.reduce(%53 init: %54) applies stablehlo.maximum across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %56 = stablehlo.broadcast_in_dim %55, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %57 = stablehlo.subtract %53, %56 : tensor<8x5xf32>
    %58 = stablehlo.exponential %57 : tensor<8x5xf32>
    %59 = stablehlo.reduce(%58 init: %13) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %60 = stablehlo.log %59 : tensor<8xf32>
    %61 = stablehlo.iota dim = 1 : tensor<8x5xi32>
    %62 = stablehlo.broadcast_in_dim %input.labels, dims = [0] : (tensor<8xi32>) -> tensor<8x5xi32>
    %63 = stablehlo.compare EQ, %61, %62 : (tensor<8x5xi32>, tensor<8x5xi32>) -> tensor<8x5xi1>
    %64 = stablehlo.constant dense<0.0> : tensor<8x5xf32>
    %65 = stablehlo.select %63, %57, %64 : tensor<8x5xi1>, tensor<8x5xf32>
    %66 = stablehlo.reduce(%65 init: %13) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %67 = stablehlo.subtract %60, %66 : tensor<8xf32>
    // Mean
    %68 = stablehlo.reduce(%67 init: %13) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
    %69 = stablehlo.constant dense<1.25e-1> : tensor<f32>
    %70 = stablehlo.multiply %68, %69 : tensor<f32>
    // FacewrightSoftmaxCrossEntropyGradient
    %71 = stablehlo.convert %63 : (tensor<8x5xi1>) -> tensor<8x5xf32>
    %72 = stablehlo.broadcast_in_dim %59, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %73 = stablehlo.divide %58, %72 : tensor<8x5xf32>
    %74 = stablehlo.subtract %73, %71 : tensor<8x5xf32>
    %75 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %76 = stablehlo.multiply %74, %75 : tensor<8x5xf32>
    // BatchMatMul
    %77 = stablehlo.dot_general %76, %state.dense, contracting_dims = [1] x [1] : (tensor<8x5xf32>, tensor<4x5xf32>) -> tensor<8x4xf32>
    // BatchMatMul
    %78 = stablehlo.dot_general %52, %76, contracting_dims = [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
    // Reshape
    %79 = stablehlo.reshape %77 : (tensor<8x4xf32>) -> tensor<8x1x1x4xf32>
    // Multiply
    %80 = stablehlo.broadcast_in_dim %79, dims = [0, 1, 2, 3] : (tensor<8x1x1x4xf32>) -> tensor<8x3x3x4xf32>
    %81 = stablehlo.multiply %80, %0 : tensor<8x3x3x4xf32>
    // RealDiv
    %82 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<8x3x3x4xf32>
    %83 = stablehlo.divide %81, %82 : tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropInput
    %84 = stablehlo.convert %83 : (tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xbf16>
    %85 = stablehlo.transpose %46, dims = [0, 1, 3, 2] : (tensor<3x3x4x1xbf16>) -> tensor<3x3x1x4xbf16>
    %86 = stablehlo.reverse %85, dims = [0, 1] : tensor<3x3x1x4xbf16>
    %87 = stablehlo.convolution(%84, %86) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xbf16>, tensor<3x3x1x4xbf16>) -> tensor<8x3x3x4xbf16>
    // DepthwiseConv2dNativeBackpropFilter
    %88 = stablehlo.convolution(%45, %84) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 4 : i64, feature_group_count = 1 : i64} : (tensor<8x3x3x4xbf16>, tensor<8x3x3x4xbf16>) -> tensor<3x3x1x4xbf16>
    %89 = stablehlo.reshape %88 : (tensor<3x3x1x4xbf16>) -> tensor<3x3x4x1xbf16>
    // FacewrightPreluGradient
    %90 = stablehlo.multiply %87, %41 : tensor<8x3x3x4xbf16>
    %91 = stablehlo.select %44, %87, %90 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xbf16>
    %92 = stablehlo.convert %87 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %93 = stablehlo.minimum %38, %43 : tensor<8x3x3x4xbf16>
    %94 = stablehlo.convert %93 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %95 = stablehlo.multiply %92, %94 : tensor<8x3x3x4xf32>
    %96 = stablehlo.reduce(%95 init: %13) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    // FacewrightBatchNormTrainingGradient
    %97 = stablehlo.convert %91 : (tensor<8x3x3x4xbf16>) -> tensor<8x3x3x4xf32>
    %98 = stablehlo.multiply %97, %33 : tensor<8x3x3x4xf32>
    %99:2 = "stablehlo.reduce"(%97, %98, %13, %13) <{dimensions = array<i64: 0, 1, 2>}> ({
    ^bb0(%left.0: tensor<f32>, %left.1: tensor<f32>, %right.0: tensor<f32>, %right.1: tensor<f32>):
      %sum.0 = stablehlo.add %left.0, %right.0 : tensor<f32>
      %sum.1 = stablehlo.add %left.1, %right.1 : tensor<f32>
      stablehlo.return %sum.0, %sum.1 : tensor<f32>, tensor<f32>
    }) : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>, tensor<f32>, tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>)
    %100 = stablehlo.reshape %99#0 : (tensor<4xf32>) -> tensor<1x4xf32>
    %101 = stablehlo.reshape %99#1 : (tensor<4xf32>) -> tensor<1x4xf32>
    %102 = stablehlo.multiply %100, %17 : tensor<1x4xf32>
    %103 = stablehlo.reshape %102 : (tensor<1x4xf32>) -> tensor<4xf32>
    %104 = stablehlo.broadcast_in_dim %103, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %105 = stablehlo.subtract %97, %104 : tensor<8x3x3x4xf32>
    %106 = stablehlo.multiply %101, %17 : tensor<1x4xf32>
    %107 = stablehlo.reshape %106 : (tensor<1x4xf32>) -> tensor<4xf32>
    %108 = stablehlo.broadcast_in_dim %107, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %109 = stablehlo.multiply %33, %108 : tensor<8x3x3x4xf32>
    %110 = stablehlo.subtract %105, %109 : tensor<8x3x3x4xf32>
    %111 = stablehlo.broadcast_in_dim %state.gamma, dims = [1] : (tensor<4xf32>) -> tensor<1x4xf32>
    %112 = stablehlo.multiply %26, %111 : tensor<1x4xf32>
    %113 = stablehlo.reshape %112 : (tensor<1x4xf32>) -> tensor<4xf32>
    %114 = stablehlo.broadcast_in_dim %113, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %115 = stablehlo.multiply %110, %114 : tensor<8x3x3x4xf32>
    %116 = stablehlo.convert %115 : (tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xbf16>
    %117 = stablehlo.reshape %101 : (tensor<1x4xf32>) -> tensor<4xf32>
    %118 = stablehlo.reshape %100 : (tensor<1x4xf32>) -> tensor<4xf32>
    // Conv2DBackpropFilter
    %119 = stablehlo.convolution(%3, %116) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xbf16>, tensor<8x3x3x4xbf16>) -> tensor<3x3x3x4xbf16>
    // Multiply
    %120 = stablehlo.convert %119 : (tensor<3x3x3x4xbf16>) -> tensor<3x3x3x4xf32>
    %121 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x3x4xf32>
    %122 = stablehlo.multiply %120, %121 : tensor<3x3x3x4xf32>
    // Sub
    %123 = stablehlo.subtract %state.kernel, %122 : tensor<3x3x3x4xf32>
    // Multiply
    %124 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %125 = stablehlo.multiply %117, %124 : tensor<4xf32>
    // Sub
    %126 = stablehlo.subtract %state.gamma, %125 : tensor<4xf32>
    // Multiply
    %127 = stablehlo.multiply %118, %124 : tensor<4xf32>
    // Sub
    %128 = stablehlo.subtract %state.beta, %127 : tensor<4xf32>
    // Multiply
    %129 = stablehlo.multiply %96, %124 : tensor<4xf32>
    // Sub
    %130 = stablehlo.subtract %state.slope, %129 : tensor<4xf32>
    // Multiply
    %131 = stablehlo.convert %89 : (tensor<3x3x4x1xbf16>) -> tensor<3x3x4x1xf32>
    %132 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x4x1xf32>
    %133 = stablehlo.multiply %131, %132 : tensor<3x3x4x1xf32>
    // Sub
    %134 = stablehlo.subtract %state.depthwise, %133 : tensor<3x3x4x1xf32>
    // Multiply
    %135 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %136 = stablehlo.multiply %78, %135 : tensor<4x5xf32>
    // Sub
    %137 = stablehlo.subtract %state.dense, %136 : tensor<4x5xf32>
    return %123, %126, %128, %130, %134, %137, %70 : tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x3x4x1xf32>, tensor<4x5xf32>, tensor<f32>
  }
}
