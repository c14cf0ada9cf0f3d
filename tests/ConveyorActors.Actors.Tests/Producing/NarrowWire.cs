using System.Reflection;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Producing;

/// <summary>
/// A service that refuses a batch whose first record has more than 500 bytes, as the port to another node does.
/// </summary>
public class NarrowWire : DispatchProxy
{
    IBufferService inner = null!;

    public static IBufferService Around(IBufferService inner)
    {
        var proxy = Create<IBufferService, NarrowWire>();
        ((NarrowWire)(object)proxy).inner = inner;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? args) =>
        args is [_, _, _, ReadOnlyMemory<ConveyorRecord> { Length: > 0 } records, ..]
        && records.Span[0].Payload.Length > 500
            ? throw new WireLimitException(
                $"Record '{records.Span[0].Id}' has {records.Span[0].Payload.Length} bytes on the wire; 500 are allowed."
            )
            : method!.Invoke(inner, BindingFlags.DoNotWrapExceptions, null, args, null);
}
