using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.OpenInference;

/// <summary>
/// Binds the generated service so that bytes that are not a message are reported as the client's fault: gRPC itself
/// would report UNKNOWN and log an error for each.
/// </summary>
internal sealed class CheckedMessages(ServiceBinderBase inner) : ServiceBinderBase
{
    // Each takes some hundred bytes.
    private const int MaxFields = 100_000;

    /// <summary>
    /// What the service's <see cref="BindServiceMethodAttribute"/> names. Its second parameter is the type that
    /// declares the methods, as gRPC wants it.
    /// </summary>
    public static void Bind(ServiceBinderBase binder, GRPCInferenceService.GRPCInferenceServiceBase? service) =>
        GRPCInferenceService.BindService(new CheckedMessages(binder), service);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        inner.AddMethod(
            new Method<TRequest, TResponse>(
                method.Type,
                method.ServiceName,
                method.Name,
                Checked(method.RequestMarshaller),
                method.ResponseMarshaller),
            handler);

    /// <summary>Rejects a message that would take many times its own bytes in memory.</summary>
    private static void Weigh(ReadOnlySequence<byte> message, bool isInference)
    {
        var weight = MessageWeight.Of(message, isInference);
        if (weight.Fields > MaxFields)
        {
            throw new RpcException(
                new Status(
                    StatusCode.InvalidArgument,
                    $"The message has more than {MaxFields} fields, the numbers of tensors not counted. Send fewer "
                    + "inputs, outputs, parameters and elements at a time."));
        }

        BoundedInflation.Reserve(weight.NumberBytes);
    }

    private static Marshaller<T> Checked<T>(Marshaller<T> marshaller)
        where T : class => new(
        marshaller.ContextualSerializer,
        context =>
        {
            Weigh(context.PayloadAsReadOnlySequence(), isInference: typeof(T) == typeof(ModelInferRequest));
            try
            {
                return marshaller.ContextualDeserializer(context);
            }
            catch (InvalidProtocolBufferException)
            {
                throw new RpcException(
                    new Status(
                        StatusCode.InvalidArgument,
                        $"The message is not a {typeof(T).Name}: its bytes are damaged, cut off or nested too deeply; "
                        + "encode it with the service's open_inference.proto."));
            }
        });
}
