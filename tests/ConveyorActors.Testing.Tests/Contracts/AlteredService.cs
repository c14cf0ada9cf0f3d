using System.Reflection;

namespace ConveyorActors.Testing.Tests.Contracts;

/// <summary>A service of which a test replaces one method.</summary>
public class AlteredService : DispatchProxy
{
    IBufferService service = null!;
    string method = "";
    Func<object?, object?> alter = null!;

    /// <summary>Returns a service whose method returns something else than that of the service inside.</summary>
    public static IBufferService Of<T>(IBufferService service, string method, Func<ValueTask<T>, ValueTask<T>> alter)
    {
        var proxy = Create<IBufferService, AlteredService>();
        var altered = (AlteredService)(object)proxy;
        (altered.service, altered.method) = (service, method);
        altered.alter = reply => alter((ValueTask<T>)reply!);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == method ? alter(targetMethod.Invoke(service, args)) : targetMethod.Invoke(service, args);
}
