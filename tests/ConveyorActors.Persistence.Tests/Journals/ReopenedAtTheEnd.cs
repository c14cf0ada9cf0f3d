using System.Collections.Concurrent;
using System.Reflection;
using ConveyorActors.Testing;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>
/// A service whose pipelines are kept in a journal, each opened on its first call. When it is disposed, it opens each
/// pipeline again and insists that everything is there.
/// </summary>
public class ReopenedAtTheEnd : DispatchProxy
{
    readonly ConcurrentDictionary<string, (IBufferService Pipeline, EmbeddedBufferService[] Engine)> pipelines = new(
        StringComparer.Ordinal
    );
    JournalStorage storage = null!;
    TimeProvider clock = TimeProvider.System;
    EmbeddedBufferService? nothing;

    internal static IBufferService Over(JournalStorage storage, TimeProvider clock)
    {
        var proxy = Create<IBufferService, ReopenedAtTheEnd>();
        var made = (ReopenedAtTheEnd)(object)proxy;
        (made.storage, made.clock) = (storage, clock);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        switch (method!.Name)
        {
            case nameof(IAsyncDisposable.DisposeAsync):
                return new ValueTask(CheckAsync());
            case nameof(IBufferService.GetPipelinesAsync):
                return new ValueTask<IReadOnlyList<string>>([.. pipelines.Keys.Order(StringComparer.Ordinal)]);
            case "get_" + nameof(IBufferService.IsDurable):
                return true;
            default:
                var pipeline = Names.Validate((string?)arguments![0], "pipeline");
                // As the actors do: what only asks does not create a pipeline.
                if (!pipelines.ContainsKey(pipeline) && !Creates(method.Name, arguments))
                    return Call(method, nothing ??= new EmbeddedBufferService(clock), arguments);
                return Call(method, pipelines.GetOrAdd(pipeline, name => Open(name, clock)).Pipeline, arguments);
        }
    }

    static bool Creates(string method, object?[] arguments) =>
        method.StartsWith("Buffer", StringComparison.Ordinal)
        || method.StartsWith("Set", StringComparison.Ordinal)
        || method.StartsWith("Configure", StringComparison.Ordinal)
        || method.StartsWith("Subscribe", StringComparison.Ordinal)
        || method.StartsWith("Stop", StringComparison.Ordinal)
        || method == nameof(IBufferService.PauseAsync)
            && Enum.IsDefined((HoldTarget)arguments[1]!)
            && arguments[2] is string { Length: > 0 } name
            && !name.Any(char.IsControl)
        || method is nameof(IBufferService.RequestCreditsAsync) or nameof(IBufferService.WaitForCreditsAsync)
        || method is nameof(IBufferService.GetBatchAsync) && ((BatchRequest)arguments[2]!).Wait;

    static object? Call(MethodInfo method, IBufferService on, object?[] arguments)
    {
        try
        {
            return method.Invoke(on, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } thrown)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
            throw;
        }
    }

    (IBufferService, EmbeddedBufferService[]) Open(string pipeline, TimeProvider time)
    {
        var engine = new EmbeddedBufferService[1];
        return (storage.Open(pipeline, stores => engine[0] = new EmbeddedBufferService(time, stores)), engine);
    }

    async Task CheckAsync()
    {
        await Task.WhenAll(
            pipelines.Select(async entry =>
            {
                var (pipeline, (opened, engine)) = (entry.Key, entry.Value);
                await opened.GetCheckpointAsync(pipeline, "is it open?");
                await opened.DisposeAsync();
                var was = await engine[0].GetSnapshotAsync(pipeline);
                var dead = await DeadAsync(engine[0], pipeline, was);
                var again = Open(pipeline, new FakeClock(clock.GetUtcNow())).Item1;
                await using (again)
                {
                    var now = await again.GetSnapshotAsync(pipeline);
                    Assert.Equal(Summary(was.Total), Summary(now.Total));
                    Assert.Equal(was.Holds, now.Holds);
                    foreach (var stage in was.Stages)
                    {
                        if (now.Stages.SingleOrDefault(s => s.Stage == stage.Stage) is { } same)
                            Assert.Equal(Summary(stage.Level), Summary(same.Level));
                        else
                            Assert.Equal(0, stage.Level.Pending);
                    }
                    Assert.Equal(dead, await DeadAsync(again, pipeline, was));
                    // Time to live and backoffs go on by the clock, and nothing has touched the clock here.
                    Assert.True(now.Total.RecordsAreConserved && now.Total.RoomIsConserved, now.Total.ToString());
                }
            })
        );
    }

    static async Task<string> DeadAsync(IBufferService service, string pipeline, PipelineSnapshot snapshot)
    {
        var all = new List<string>();
        foreach (var stage in snapshot.Stages)
        foreach (var letter in await service.GetDeadLettersAsync(pipeline, stage.Stage, int.MaxValue))
            all.Add(
                $"{stage.Stage}/{letter.Record.SourceId}/{letter.Record.PipelineId}/{letter.Record.Record.Id}/{letter.Record.Sequence}/{letter.Record.RetryCount}/{letter.Reason}/{letter.LastError}"
            );
        return string.Join('\n', all);
    }

    static string Summary(LevelSnapshot level) =>
        $"pending {level.Pending} offered {level.Offered} accepted {level.Accepted} refused {level.Refused} completed {level.Completed} dropped {level.Dropped} "
        + $"expired {level.Expired} dead {level.DeadLettered} retries {level.Retries}";
}
