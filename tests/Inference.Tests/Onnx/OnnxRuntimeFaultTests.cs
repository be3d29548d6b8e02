using SoftmaxService.Inference.Onnx;

namespace SoftmaxService.Inference.Tests.Onnx;

public sealed class OnnxRuntimeFaultTests
{
    [Theory]
    [InlineData("[ErrorCode:Fail] Load model from a b/model.onnx failed:It is odd.", "It is odd")]
    [InlineData(
        "[ErrorCode:Fail] Load model from m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:256 "
        + "onnxruntime::Model::Model(onnx::ModelProto&&, const std::unordered_map<std::string, int>&) No graph was "
        + "found.",
        "No graph was found")]
    [InlineData(
        "[ErrorCode:RuntimeException] Non-zero status code returned while running Reshape node. Name:'r' Status "
        + "Message: /onnxruntime_src/core/reshape_helper.h:45 onnxruntime::ReshapeHelper::ReshapeHelper(const "
        + "onnxruntime::TensorShape&, bool) size (4) was false.",
        "Non-zero status code returned while running Reshape node. Name:'r' Status Message: size (4) was false")]
    [InlineData(
        "Error: tensorprotoutils.cc:461 ValidateExternalDataPathFromDir The path is absolute", "The path is absolute")]
    [InlineData(
        "/src/a.cc:12 onnxruntime::Foo::operator()(int) const [with T = float] The sum is wrong.", "The sum is wrong")]
    [InlineData(
        "C:\\a\\_work\\1\\s\\core\\graph.cc:9 onnxruntime::Graph::Resolve::<lambda_1>::operator ()(void) Bad node (x).",
        "Bad node (x)")]
    [InlineData("Nothing to clean (at all)", "Nothing to clean (at all)")]
    public void Clean_SourcesAndSignatures_AreLeftOut(string text, string expected) =>
        Assert.Equal(expected, OnnxRuntimeFault.Clean(text));
}
