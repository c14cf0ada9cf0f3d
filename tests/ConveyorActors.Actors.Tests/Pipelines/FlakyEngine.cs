using System.Reflection;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>An engine that fails when a test says so: before a call takes effect, at once or later.</summary>
public class FlakyEngine : DispatchProxy
{
    IBufferService inner = null!;
    Func<string, object?[], Fails> plan = null!;

    public enum Fails
    {
        Not,
        AtOnce,
        Later,
    }

    /// <summary>
    /// Puts it around a real engine. The plan is asked for every call, with the method's name and arguments, on any
    /// thread.
    /// </summary>
    public static IBufferService Around(IBufferService inner, Func<string, object?[], Fails> plan)
    {
        var proxy = Create<IBufferService, FlakyEngine>();
        (((FlakyEngine)(object)proxy).inner, ((FlakyEngine)(object)proxy).plan) = (inner, plan);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? args) =>
        plan(method!.Name, args!) switch
        {
            Fails.AtOnce => throw new IOException("the disk is on fire"),
            Fails.Later
                when method.ReturnType.IsGenericType
                    && method.ReturnType.GetGenericTypeDefinition() == typeof(ValueTask<>) => typeof(FlakyEngine)
                .GetMethod(nameof(FailAsync), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(method.ReturnType.GetGenericArguments())
                .Invoke(null, null),
            _ => method.Invoke(inner, BindingFlags.DoNotWrapExceptions, null, args, null),
        };

    static async ValueTask<T> FailAsync<T>()
    {
        await Task.Yield();
        throw new IOException("the disk is on fire");
    }
}
