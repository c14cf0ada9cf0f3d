using System.Reflection;
using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests;

/// <summary>
/// Null and nonsense are answered with an <see cref="ArgumentException"/> that names the argument, at every public
/// method.
/// </summary>
public sealed class ArgumentTests
{
    static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> Types() => [.. Subjects.Keys];

    static Dictionary<string, Func<object>> Subjects { get; } =
        new()
        {
            [nameof(BufferManager<string>)] = () =>
                new BufferManager<string>(
                    null,
                    new()
                    {
                        Clock = new FakeClock(),
                        SizeOf = s => s.Length,
                        IdOf = s => s,
                    }
                ),
            [nameof(EmbeddedBufferService)] = () => new EmbeddedBufferService(new FakeClock()),
            [nameof(CoreBuffers<string>)] = () => new CoreBuffers<string>((_, _, _) => ValueTask.CompletedTask),
            [nameof(BackpressureController)] = () => new BackpressureController(0.8),
        };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Null_and_nonsense_are_refused_by_name(string type)
    {
        var wrong = new List<string>();
        foreach (
            var method in Subjects[type]
                ()
                .GetType()
                .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(m => !m.IsSpecialName)
        )
        {
            var parameters = method.GetParameters();
            if (parameters.Any(p => p.ParameterType.IsByRefLike))
                continue; // reflection cannot call those
            for (var i = 0; i < parameters.Length; i++)
            {
                foreach (var bad in Nonsense(parameters[i]))
                {
                    var given = parameters.Select(Sense).ToArray();
                    given[i] = bad;
                    var failure = await Try(method, Subjects[type](), given);
                    var isNull = bad is null;
                    if (failure is null && !isNull || failure is OperationCanceledException)
                        continue; // nonsense that is allowed
                    if (
                        failure is not ArgumentException
                        || !failure.Message.Contains(parameters[i].Name!, StringComparison.OrdinalIgnoreCase)
                            && !Names(parameters[i], failure)
                    )
                        wrong.Add(
                            $"{type}.{method.Name}({parameters[i].Name}: {bad ?? "null"}): {failure?.GetType().Name ?? "nothing"}: {failure?.Message}"
                        );
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // Some say which part of the argument is wrong: the limit of the settings, the Max of the request.
    static bool Names(ParameterInfo parameter, Exception failure) =>
        parameter
            .ParameterType.GetProperties()
            .Any(p => failure.Message.Contains(p.Name, StringComparison.OrdinalIgnoreCase));

    static async Task<Exception?> Try(MethodInfo method, object subject, object?[] given)
    {
        try
        {
            var result = method.Invoke(subject, given);
            switch (result)
            {
                case Task task:
                    await Within.Reason(task);
                    break;
                case ValueTask task:
                    await Within.Reason(task.AsTask());
                    break;
                case IAsyncEnumerable<BackpressureSignal> signals:
                    await using (var reader = signals.GetAsyncEnumerator())
                        await Within.Reason(reader.MoveNextAsync());
                    break;
                case not null
                    when result.GetType() is { IsGenericType: true } type
                        && type.GetGenericTypeDefinition() == typeof(ValueTask<>):
                    await Within.Reason((Task)type.GetMethod("AsTask")!.Invoke(result, null)!);
                    break;
            }
            return null;
        }
        catch (TargetInvocationException failure)
        {
            return failure.InnerException;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    static IEnumerable<object?> Nonsense(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var mayBeNull =
            Nullability.Create(parameter).WriteState == NullabilityState.Nullable
            || Nullable.GetUnderlyingType(type) is not null;
        // the user's own type may be null
        var isRecord = parameter.Name is "record" or "item" && type == typeof(string);
        if (!type.IsValueType && !type.IsByRef && !mayBeNull && !isRecord)
            yield return null;
        if (type == typeof(string) && parameter.Name is "stage" or "source" or "pipeline" or "targetStage")
        {
            yield return "";
            yield return new string('x', 201);
            yield return "a\nb";
        }
        if (type == typeof(int))
        {
            yield return -1;
            yield return int.MinValue;
            yield return 0;
        }
        if (type == typeof(long))
            yield return -1L;
        if (type == typeof(double))
        {
            yield return double.NaN;
            yield return -1.0;
        }
        if (type == typeof(TimeSpan))
        {
            yield return TimeSpan.FromTicks(-5);
            yield return TimeSpan.MinValue;
        }
        if (type == typeof(BatchRequest))
            yield return default(BatchRequest);
        if (type == typeof(OfferId))
        {
            yield return default(OfferId);
            yield return new OfferId(Guid.NewGuid(), 0);
        }
    }

    static object? Sense(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (type == typeof(string))
            return parameter.Name is "reason" or "key" ? "text" : "name";
        if (type == typeof(int))
            return 1;
        if (type == typeof(long))
            return 0L;
        if (type == typeof(double))
            return 0.5;
        if (type == typeof(TimeSpan))
            return TimeSpan.FromSeconds(1);
        if (type == typeof(bool))
            return false;
        if (type == typeof(BatchRequest))
            return new BatchRequest(1);
        if (type == typeof(BufferSettings))
            return new BufferSettings();
        if (type == typeof(StageSettings))
            return new StageSettings();
        if (type == typeof(ConveyorRecord))
            return new ConveyorRecord("id", new byte[1]);
        if (type == typeof(OfferId))
            return new OfferId(Guid.NewGuid(), 1);
        if (type == typeof(Checkpoint))
            return new Checkpoint("key", "value");
        if (type == typeof(CancellationToken))
            return new CancellationToken(false);
        if (type == typeof(Lease<string>))
        {
            var manager = new BufferManager<string>();
            manager.BufferForStage("s", "a", "r");
            return manager.GetBatch("s", 1);
        }
        if (type == typeof(IEnumerable<BufferedRecord<string>>))
            return Array.Empty<BufferedRecord<string>>();
        if (type == typeof(BufferedRecord<string>))
            return new BufferedRecord<string>("r", "name", "default", "name", default, 0, 0);
        if (
            type == typeof(IReadOnlyList<long>)
            && Nullability.Create(parameter).WriteState != NullabilityState.Nullable
        )
            return Array.Empty<long>();
        if (type == typeof(CreditGrant) && Nullability.Create(parameter).WriteState != NullabilityState.Nullable)
            return new CreditGrant(0, "s", "a", 0, default);
        return type.IsValueType ? Activator.CreateInstance(type) : null;
    }

    [Fact]
    public void A_name_that_is_wrong_is_named_as_the_parameter_is_called()
    {
        IBufferService service = new EmbeddedBufferService(new FakeClock());
        (Action<string> Call, string Parameter)[] calls =
        [
            (p => service.ConfigureAsync(p, new()), "pipeline"),
            (p => service.BufferForStageAsync(p, "stage", "source", new("r", default)), "pipeline"),
            (p => service.GetSnapshotAsync(p), "pipeline"),
            (p => service.StopAsync(p, TimeSpan.Zero), "pipeline"),
            (s => service.BufferForStageAsync("p", s, "source", new("r", default)), "stage"),
            (s => service.BufferForStageAsync("p", "stage", s, new("r", default)), "source"),
            (s => service.CompleteAsync("p", s, 1), "stage"),
            (s => service.GetPositionAsync("p", s), "source"),
            (s => service.SetPositionAsync("p", s, default), "source"),
            (s => service.StartHopAsync("p", "stage", 1, null, s, default), "targetStage"),
        ];
        foreach (var (call, parameter) in calls)
        foreach (
            var (name, shown) in new[]
            {
                (null!, "null"),
                ("", "empty"),
                ("a\nb", "'a?b' with the control character U+000A"),
                (new string('x', 201), "201 characters long"),
            }
        )
            Assert.StartsWith(
                $"{parameter} is {shown}; it must be a name of 1 to 200 characters",
                Assert.ThrowsAny<ArgumentException>(() => call(name)).Message,
                StringComparison.Ordinal
            );
    }

    [Fact]
    public void Undefined_enum_values_and_a_null_clock_are_refused_by_name()
    {
        Assert.Contains(
            "it must be Buffered or Persisted",
            Assert
                .ThrowsAny<ArgumentException>(() =>
                    new EmbeddedBufferService(new FakeClock())
                        .BufferForStageAsync("p", "s", "q", new("r", default), (AckLevel)99)
                        .AsTask()
                        .GetAwaiter()
                        .GetResult()
                )
                .Message
        );
        Assert.StartsWith(
            "reason is 99",
            Assert.Throws<ArgumentOutOfRangeException>(() => new LossLedger().Add((LossReason)99, 1)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentNullException>("other", () => new LossLedger().Add(null!));
        Assert.StartsWith(
            "Clock is null",
            Assert.Throws<ArgumentNullException>(() => new BufferManagerOptions<string> { Clock = null! }).Message,
            StringComparison.Ordinal
        );
    }
}
