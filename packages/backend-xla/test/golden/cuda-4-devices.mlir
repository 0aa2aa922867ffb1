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
    %3 = stablehlo.convolution(%input.images, %state.kernel) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [2, 2], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<3x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    // FacewrightBatchNormTraining
    %4 = stablehlo.reshape %3 : (tensor<8x3x3x4xf32>) -> tensor<4x2x3x3x4xf32>
    %5 = stablehlo.constant dense<0.0> : tensor<f32>
    %6 = stablehlo.reduce(%4 init: %5) applies stablehlo.add across dimensions = [1, 2, 3] : (tensor<4x2x3x3x4xf32>, tensor<f32>) -> tensor<4x4xf32>
    %7 = stablehlo.constant dense<5.5555556e-2> : tensor<4x4xf32>
    %8 = stablehlo.multiply %6, %7 : tensor<4x4xf32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %10 = stablehlo.subtract %4, %9 : tensor<4x2x3x3x4xf32>
    %11 = stablehlo.multiply %10, %10 : tensor<4x2x3x3x4xf32>
    %12 = stablehlo.reduce(%11 init: %5) applies stablehlo.add across dimensions = [1, 2, 3] : (tensor<4x2x3x3x4xf32>, tensor<f32>) -> tensor<4x4xf32>
    %13 = stablehlo.multiply %12, %7 : tensor<4x4xf32>
    %14 = stablehlo.constant dense<1.0e-3> : tensor<4x4xf32>
    %15 = stablehlo.add %13, %14 : tensor<4x4xf32>
    %16 = stablehlo.rsqrt %15 : tensor<4x4xf32>
    %17 = stablehlo.broadcast_in_dim %16, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %18 = stablehlo.multiply %10, %17 : tensor<4x2x3x3x4xf32>
    %19 = stablehlo.broadcast_in_dim %state.gamma, dims = [4] : (tensor<4xf32>) -> tensor<4x2x3x3x4xf32>
    %20 = stablehlo.multiply %18, %19 : tensor<4x2x3x3x4xf32>
    %21 = stablehlo.broadcast_in_dim %state.beta, dims = [4] : (tensor<4xf32>) -> tensor<4x2x3x3x4xf32>
    %22 = stablehlo.add %20, %21 : tensor<4x2x3x3x4xf32>
    %23 = stablehlo.reshape %22 : (tensor<4x2x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    %24 = stablehlo.reduce(%8 init: %5) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    %25 = stablehlo.constant dense<2.5e-1> : tensor<4xf32>
    %26 = stablehlo.multiply %24, %25 : tensor<4xf32>
    %27 = stablehlo.reduce(%13 init: %5) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    %28 = stablehlo.multiply %27, %25 : tensor<4xf32>
    // Prelu
    %29 = stablehlo.broadcast_in_dim %state.slope, dims = [3] : (tensor<4xf32>) -> tensor<8x3x3x4xf32>
    %30 = stablehlo.multiply %23, %29 : tensor<8x3x3x4xf32>
    %31 = stablehlo.constant dense<0.0> : tensor<8x3x3x4xf32>
    %32 = stablehlo.compare GE, %23, %31 : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>) -> tensor<8x3x3x4xi1>
    %33 = stablehlo.select %32, %23, %30 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    // DepthwiseConv2dNative
    %34 = stablehlo.reshape %state.depthwise : (tensor<3x3x4x1xf32>) -> tensor<3x3x1x4xf32>
    %35 = stablehlo.convolution(%33, %34) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xf32>, tensor<3x3x1x4xf32>) -> tensor<8x3x3x4xf32>
    // Mean
    %36 = stablehlo.reduce(%35 init: %5) applies stablehlo.add across dimensions = [1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<8x4xf32>
    %37 = stablehlo.constant dense<1.1111111e-1> : tensor<8x4xf32>
    %38 = stablehlo.multiply %36, %37 : tensor<8x4xf32>
    // BatchMatMul
    %39 = stablehlo.dot_general %38, %state.dense, contracting_dims = [1] x [0] : (tensor<8x4xf32>, tensor<4x5xf32>) -> tensor<8x5xf32>
    // FacewrightSoftmaxCrossEntropy
    %40 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %41 = stablehlo.reduce(%39 init: %40) applies stablehlo.maximum across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %42 = stablehlo.broadcast_in_dim %41, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %43 = stablehlo.subtract %39, %42 : tensor<8x5xf32>
    %44 = stablehlo.exponential %43 : tensor<8x5xf32>
    %45 = stablehlo.reduce(%44 init: %5) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %46 = stablehlo.log %45 : tensor<8xf32>
    %47 = stablehlo.iota dim = 1 : tensor<8x5xi32>
    %48 = stablehlo.broadcast_in_dim %input.labels, dims = [0] : (tensor<8xi32>) -> tensor<8x5xi32>
    %49 = stablehlo.compare EQ, %47, %48 : (tensor<8x5xi32>, tensor<8x5xi32>) -> tensor<8x5xi1>
    %50 = stablehlo.constant dense<0.0> : tensor<8x5xf32>
    %51 = stablehlo.select %49, %43, %50 : tensor<8x5xi1>, tensor<8x5xf32>
    %52 = stablehlo.reduce(%51 init: %5) applies stablehlo.add across dimensions = [1] : (tensor<8x5xf32>, tensor<f32>) -> tensor<8xf32>
    %53 = stablehlo.subtract %46, %52 : tensor<8xf32>
    // Mean
    %54 = stablehlo.reduce(%53 init: %5) applies stablehlo.add across dimensions = [0] : (tensor<8xf32>, tensor<f32>) -> tensor<f32>
    %55 = stablehlo.constant dense<1.25e-1> : tensor<f32>
    %56 = stablehlo.multiply %54, %55 : tensor<f32>
    // FacewrightSoftmaxCrossEntropyGradient
    %57 = stablehlo.convert %49 : (tensor<8x5xi1>) -> tensor<8x5xf32>
    %58 = stablehlo.broadcast_in_dim %45, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %59 = stablehlo.divide %44, %58 : tensor<8x5xf32>
    %60 = stablehlo.subtract %59, %57 : tensor<8x5xf32>
    %61 = stablehlo.broadcast_in_dim %2, dims = [0] : (tensor<8xf32>) -> tensor<8x5xf32>
    %62 = stablehlo.multiply %60, %61 : tensor<8x5xf32>
    // BatchMatMul
    %63 = stablehlo.dot_general %62, %state.dense, contracting_dims = [1] x [1] : (tensor<8x5xf32>, tensor<4x5xf32>) -> tensor<8x4xf32>
    // BatchMatMul
    %64 = stablehlo.dot_general %38, %62, contracting_dims = [0] x [0] : (tensor<8x4xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
    // Reshape
    %65 = stablehlo.reshape %63 : (tensor<8x4xf32>) -> tensor<8x1x1x4xf32>
    // Multiply
    %66 = stablehlo.broadcast_in_dim %65, dims = [0, 1, 2, 3] : (tensor<8x1x1x4xf32>) -> tensor<8x3x3x4xf32>
    %67 = stablehlo.multiply %66, %0 : tensor<8x3x3x4xf32>
    // RealDiv
    %68 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<8x3x3x4xf32>
    %69 = stablehlo.divide %67, %68 : tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropInput
    %70 = stablehlo.reverse %state.depthwise, dims = [0, 1] : tensor<3x3x4x1xf32>
    %71 = stablehlo.transpose %70, dims = [0, 1, 3, 2] : (tensor<3x3x4x1xf32>) -> tensor<3x3x1x4xf32>
    %72 = stablehlo.convolution(%69, %71) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 1 : i64, feature_group_count = 4 : i64} : (tensor<8x3x3x4xf32>, tensor<3x3x1x4xf32>) -> tensor<8x3x3x4xf32>
    // DepthwiseConv2dNativeBackpropFilter
    %73 = stablehlo.convolution(%33, %69) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 1], [1, 1]], lhs_dilate = [1, 1], rhs_dilate = [1, 1]} {batch_group_count = 4 : i64, feature_group_count = 1 : i64} : (tensor<8x3x3x4xf32>, tensor<8x3x3x4xf32>) -> tensor<3x3x1x4xf32>
    %74 = stablehlo.reshape %73 : (tensor<3x3x1x4xf32>) -> tensor<3x3x4x1xf32>
    // FacewrightPreluGradient
    %75 = stablehlo.multiply %72, %29 : tensor<8x3x3x4xf32>
    %76 = stablehlo.select %32, %72, %75 : tensor<8x3x3x4xi1>, tensor<8x3x3x4xf32>
    %77 = stablehlo.minimum %23, %31 : tensor<8x3x3x4xf32>
    %78 = stablehlo.multiply %72, %77 : tensor<8x3x3x4xf32>
    %79 = stablehlo.reduce(%78 init: %5) applies stablehlo.add across dimensions = [0, 1, 2] : (tensor<8x3x3x4xf32>, tensor<f32>) -> tensor<4xf32>
    // FacewrightBatchNormTrainingGradient
    %80 = stablehlo.reshape %76 : (tensor<8x3x3x4xf32>) -> tensor<4x2x3x3x4xf32>
    %81 = stablehlo.reduce(%80 init: %5) applies stablehlo.add across dimensions = [1, 2, 3] : (tensor<4x2x3x3x4xf32>, tensor<f32>) -> tensor<4x4xf32>
    %82 = stablehlo.multiply %80, %18 : tensor<4x2x3x3x4xf32>
    %83 = stablehlo.reduce(%82 init: %5) applies stablehlo.add across dimensions = [1, 2, 3] : (tensor<4x2x3x3x4xf32>, tensor<f32>) -> tensor<4x4xf32>
    %84 = stablehlo.multiply %81, %7 : tensor<4x4xf32>
    %85 = stablehlo.broadcast_in_dim %84, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %86 = stablehlo.subtract %80, %85 : tensor<4x2x3x3x4xf32>
    %87 = stablehlo.multiply %83, %7 : tensor<4x4xf32>
    %88 = stablehlo.broadcast_in_dim %87, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %89 = stablehlo.multiply %18, %88 : tensor<4x2x3x3x4xf32>
    %90 = stablehlo.subtract %86, %89 : tensor<4x2x3x3x4xf32>
    %91 = stablehlo.broadcast_in_dim %state.gamma, dims = [1] : (tensor<4xf32>) -> tensor<4x4xf32>
    %92 = stablehlo.multiply %16, %91 : tensor<4x4xf32>
    %93 = stablehlo.broadcast_in_dim %92, dims = [0, 4] : (tensor<4x4xf32>) -> tensor<4x2x3x3x4xf32>
    %94 = stablehlo.multiply %90, %93 : tensor<4x2x3x3x4xf32>
    %95 = stablehlo.reshape %94 : (tensor<4x2x3x3x4xf32>) -> tensor<8x3x3x4xf32>
    %96 = stablehlo.reduce(%83 init: %5) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    %97 = stablehlo.reduce(%81 init: %5) applies stablehlo.add across dimensions = [0] : (tensor<4x4xf32>, tensor<f32>) -> tensor<4xf32>
    // Conv2DBackpropFilter
    %98 = stablehlo.convolution(%input.images, %95) dim_numbers = [f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f], window = {stride = [1, 1], pad = [[1, 0], [1, 0]], lhs_dilate = [1, 1], rhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<8x6x6x3xf32>, tensor<8x3x3x4xf32>) -> tensor<3x3x3x4xf32>
    // Multiply
    %99 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x3x4xf32>
    %100 = stablehlo.multiply %98, %99 : tensor<3x3x3x4xf32>
    // Sub
    %101 = stablehlo.subtract %state.kernel, %100 : tensor<3x3x3x4xf32>
    // Multiply
    %102 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4xf32>
    %103 = stablehlo.multiply %96, %102 : tensor<4xf32>
    // Sub
    %104 = stablehlo.subtract %state.gamma, %103 : tensor<4xf32>
    // Multiply
    %105 = stablehlo.multiply %97, %102 : tensor<4xf32>
    // Sub
    %106 = stablehlo.subtract %state.beta, %105 : tensor<4xf32>
    // Multiply
    %107 = stablehlo.multiply %79, %102 : tensor<4xf32>
    // Sub
    %108 = stablehlo.subtract %state.slope, %107 : tensor<4xf32>
    // Multiply
    %109 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<3x3x4x1xf32>
    %110 = stablehlo.multiply %74, %109 : tensor<3x3x4x1xf32>
    // Sub
    %111 = stablehlo.subtract %state.depthwise, %110 : tensor<3x3x4x1xf32>
    // Multiply
    %112 = stablehlo.broadcast_in_dim %input.rate, dims = [] : (tensor<f32>) -> tensor<4x5xf32>
    %113 = stablehlo.multiply %64, %112 : tensor<4x5xf32>
    // Sub
    %114 = stablehlo.subtract %state.dense, %113 : tensor<4x5xf32>
    return %101, %104, %106, %108, %111, %114, %56 : tensor<3x3x3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x3x4x1xf32>, tensor<4x5xf32>, tensor<f32>
  }
}
