using System.Reflection;

namespace ConveyorActors.Hosting.Tests;

/// <summary>Buffers in this process whose calls a test sees first, by the method's name, and may refuse by throwing.</summary>
public class InterceptedBuffers : DispatchProxy
{
    readonly EmbeddedBufferService inner = new();
    Action<string> before = static _ => { };

    public static IBufferService Create(Action<string> before)
    {
        var buffers = Create<IBufferService, InterceptedBuffers>();
        ((InterceptedBuffers)(object)buffers).before = before;
        return buffers;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        before(targetMethod!.Name);
        return targetMethod.Invoke(inner, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
