module @step attributes {mhlo.num_partitions = 4 : i32, mhlo.num_replicas = 1 : i32} {
  sdy.mesh @mesh = <["devices"=4]>
  func.func public @main(
    %state.kernel: tensor<3x3x3x4xf32> {jax.buffer_donor = true, sdy.sharding = #sdy.sharding<@mesh, [{}, {}, {}, {}]>},
    %state.gamma: tensor<4xf32> {jax.buffer_donor = true, sdy.sharding = #sdy.sharding<@mesh, [{}]>},
    %state.beta: tensor<4xf32> {jax.buffer_donor = true, sdy.sharding = #sdy.sharding<@mesh, [{}]>},
    %state.slope: tensor<4xf32> {jax.buffer_donor = true, sdy.sharding = #sdy.sharding<@mesh, [{}]>},
    %state.depthwise: tensor<3x3x4x1xf32> {jax.buffer_donor = true, sdy.sharding = #sdy.sharding<@mesh, [{}, {}, {}, {}]>},
    %state.dense: tensor<4x5xf32> {jax.buffer_donor = true, sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>},
    %input.images: tensor<8x6x6x3xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"devices"}, {}, {}, {}]>},
    %input.labels: tensor<8xi32> {sdy.sharding = #sdy.sharding<@mesh, [{"devices"}]>},
    %input.rate: tensor<f32> {sdy.sharding = #sdy.sharding<@mesh, []>}
  ) -> (
    tensor<3x3x3x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}, {}, {}]>},
    tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}]>},
    tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}]>},
    tensor<4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}]>},
    tensor<3x3x4x1xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}, {}, {}]>},
    tensor<4x5xf32> {sdy.sharding = #sdy.sharding<@mesh, [{}, {}]>},
    tensor<f32> {sdy.sharding = #sdy.sharding<@mesh, []>}
  ) {
    %0 = stablehlo.constant dense<1.0> : tensor<8x3x3x4xf32>
    %1 = stablehlo.constant dense<9.0> : tensor<f32>
    %2 = stablehlo.constant dense<1.25e-1> : tensor<8xf32>
    // Conv2D
    %3 = stablehlo.convolution(%input.images, %state.kernel) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<3x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    // FacewrightBatchNormTraining
    %4 = stablehlo.reshape %3 : (tensor<8x3x3x4xf32>) -> tensor<4x2x3x3x4xf32>
    %5 = stablehlo.slice %4 [0:4, 0:1, 0:1, 0:1, 0:4] : (tensor<4x2x3x3x4xf32>) -> tensor<4x1x1x1x4xf32>
    %6 = stablehlo.reshape %5 : (tensor<4x1x1x1x4xf32>) -> tensor<4x4xf32>
    %7 = stablehlo.broadcast_in_dim %6, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %8 = stablehlo.subtract %4, %7 : tensor<4x2x3x3x4xf32>
    %9 = stablehlo.multiply %8, %8 : tensor<4x2x3x3x4xf32>
    %10 = stablehlo.constant dense<0.0> : tensor<f32>
    %11:2 = "stablehlo.reduce"(%8, %9, %10, %10) <{dimensions = array<i64: 1, 2, 3>}> ({
    ^bb0(%left.0: tensor<f32>, %left.1: tensor<f32>, %right.0: tensor<f32>, %right.1: tensor<f32>):
      %sum.0 = stablehlo.add %left.0, %right.0 : tensor<f32>
      %sum.1 = stablehlo.add %left.1, %right.1 : tensor<f32>
      stablehlo.return %sum.0, %sum.1 : tensor<f32>, tensor<f32>
    }) : (tensor<4x2x3x3x4xf32>, tensor<4x2x3x3x4xf32>, tensor<f32>, tensor<f32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
    %12 = stablehlo.constant dense<5.5555556e-2> : tensor<4x4xf32>
    %13 = stablehlo.multiply %11#0, %12 : tensor<4x4xf32>
    %14 = stablehlo.multiply %11#1, %12 : tensor<4x4xf32>
    %15 = stablehlo.multiply %13, %13 : tensor<4x4xf32>
    %16 = stablehlo.subtract %14, %15 : tensor<4x4xf32>
    %17 = stablehlo.constant dense<0.0> : tensor<4x4xf32>
    %18 = stablehlo.maximum %16, %17 : tensor<4x4xf32>
    %19 = stablehlo.constant dense<1.0e-3> : tensor<4x4xf32>
    %20 = stablehlo.add %18, %19 : tensor<4x4xf32>
    %21 = stablehlo.rsqrt %20 : tensor<4x4xf32>
    %22 = stablehlo.add %6, %13 : tensor<4x4xf32>
    %23 = stablehlo.broadcast_in_dim %22, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %24 = stablehlo.subtract %4, %23 : tensor<4x2x3x3x4xf32>
    %25 = stablehlo.broadcast_in_dim %21, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %26 = stablehlo.multiply %24, %25 : tensor<4x2x3x3x4xf32>
    %27 = stablehlo.broadcast_in_dim %state.gamma, dims = [4] : (tensor<4xf32>) -> tensor<4x2x3x3x4xf32>
    %28 = stablehlo.multiply %26, %27 : tensor<4x2x3x3x4xf32>
    %29 = stablehlo.broadcast_in_dim %state.beta, dims = [4] : (tensor<4xf32>) -> tensor<4x2x3x3x4xf32>
    %30 = stablehlo.add %28, %29 : tensor<4x2x3x3x4xf32>
    %31 = stablehlo.reshape %30 : (tensor<4x2x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    %32 = stablehlo.reduce(%22 init: %10) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    %33 = stablehlo.constant dense<2.5e-1> : tensor<4xf32>
    %34 = stablehlo.multiply %32, %33 : tensor<4xf32>
    %35 = stablehlo.reduce(%18 init: %10) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    %36 = stablehlo.multiply %35, %33 : tensor<4xf32>
    // Prelu
    %37 = stablehlo.broadcast_in_dim %state.slope, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %38 = stablehlo.multiply %31, %37 : tensor<8x3x3x4xf32>
    %39 = stablehlo.constant dense<0.0> : tensor<8x3x3x4xf32>
    %40 = stablehlo.compare GE, %31, %39 : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xi1>
    %41 = stablehlo.select %40, %31, %38 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
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
    %81 = stablehlo.convolution(%41, %77) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 4 : i64, feature_group_count = 1 : i64} : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>) -> tensor<3x3x1x4xf32>
    %82 = stablehlo.reshape %81 : (tensor<3x3x1x4xf32>) -> tensor<3x3x4x1xf32>
    // FacewrightPreluGradient
    %83 = stablehlo.multiply %80, %37 : tensor<8x3x3x4xf32>
    %84 = stablehlo.select %40, %80, %83 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    %85 = stablehlo.minimum %31, %39 : tensor<8x3x3x4xf32>
    %86 = stablehlo.multiply %80, %85 : tensor<8x3x3x4xf32>
    %87 = stablehlo.reduce(%86 init: %10) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    // FacewrightBatchNormTrainingGradient
    %88 = stablehlo.reshape %84 : (tensor<8x3x3x4xf32>) -> tensor<4x2x3x3x4xf32>
    %89 = stablehlo.multiply %88, %26 : tensor<4x2x3x3x4xf32>
    %90:2 = "stablehlo.reduce"(%88, %89, %10, %10) <{dimensions = array<i64: 1, 2, 3>}> ({
    ^bb0(%left.0: tensor<f32>, %left.1: tensor<f32>, %right.0: tensor<f32>, %right.1: tensor<f32>):
      %sum.0 = stablehlo.add %left.0, %right.0 : tensor<f32>
      %sum.1 = stablehlo.add %left.1, %right.1 : tensor<f32>
      stablehlo.return %sum.0, %sum.1 : tensor<f32>, tensor<f32>
    }) : (tensor<4x2x3x3x4xf32>, tensor<4x2x3x3x4xf32>, tensor<f32>, tensor<f32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
    %91 = stablehlo.multiply %90#0, %12 : tensor<4x4xf32>
    %92 = stablehlo.broadcast_in_dim %91, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %93 = stablehlo.subtract %88, %92 : tensor<4x2x3x3x4xf32>
    %94 = stablehlo.multiply %90#1, %12 : tensor<4x4xf32>
    %95 = stablehlo.broadcast_in_dim %94, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %96 = stablehlo.multiply %26, %95 : tensor<4x2x3x3x4xf32>
    %97 = stablehlo.subtract %93, %96 : tensor<4x2x3x3x4xf32>
    %98 = stablehlo.broadcast_in_dim %state.gamma, dims = [1] : (tensor<4xf32>) -> tensor<4x4xf32>
    %99 = stablehlo.multiply %21, %98 : tensor<4x4xf32>
    %100 = stablehlo.broadcast_in_dim %99, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %101 = stablehlo.multiply %97, %100 : tensor<4x2x3x3x4xf32>
    %102 = stablehlo.reshape %101 : (tensor<4x2x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    %103 = stablehlo.reduce(%90#1 init: %10) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    %104 = stablehlo.reduce(%90#0 init: %10) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    // Conv2DBackpropFilter
    %105 = stablehlo.convolution(%input.images, %102) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<8x3x3x4xf32>) -> tensor<3x3x3x4xf32>
    // Multiply
    %106 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x3x4xf32>
    %107 = stablehlo.multiply %105, %106 : tensor<3x3x3x4xf32>
    // Sub
    %108 = stablehlo.subtract %state.kernel, %107 : tensor<3x3x3x4xf32>
    // Multiply
    %109 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %110 = stablehlo.multiply %103, %109 : tensor<4xf32>
    // Sub
    %111 = stablehlo.subtract %state.gamma, %110 : tensor<4xf32>
    // Multiply
    %112 = stablehlo.multiply %104, %109 : tensor<4xf32>
    // Sub
    %113 = stablehlo.subtract %state.beta, %112 : tensor<4xf32>
    // Multiply
    %114 = stablehlo.multiply %87, %109 : tensor<4xf32>
    // Sub
    %115 = stablehlo.subtract %state.slope, %114 : tensor<4xf32>
    // Multiply
    %116 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x4x1xf32>
    %117 = stablehlo.multiply %82, %116 : tensor<3x3x4x1xf32>
    // Sub
    %118 = stablehlo.subtract %state.depthwise, %117 : tensor<3x3x4x1xf32>
    // Multiply
    %119 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %120 = stablehlo.multiply %72, %119 : tensor<4x5xf32>
    // Sub
    %121 = stablehlo.subtract %state.dense, %120 : tensor<4x5xf32>
    return %108, %111, %113, %115, %118, %121, %64 : tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x3x4x1xf32>, tensor<4x5xf32>, tensor<f32>
  }
}
