using System.Reflection;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Storage.Tests;

/// <summary>
/// A service over a data directory which, when it is disposed of, opens the directory again and insists that everything
/// is there.
/// </summary>
public class ReopenedAtTheEnd : DispatchProxy
{
    IBufferService inner = null!;
    string path = "";
    TimeProvider clock = TimeProvider.System;

    public static IBufferService Over(string path, TimeProvider clock)
    {
        var proxy = Create<IBufferService, ReopenedAtTheEnd>();
        var made = (ReopenedAtTheEnd)(object)proxy;
        (made.path, made.clock, made.inner) = (path, clock, new EmbeddedBufferService(clock, DataDirectory.Open(path)));
        return proxy;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        if (method!.Name == nameof(IAsyncDisposable.DisposeAsync))
            return new ValueTask(CheckAsync());
        try
        {
            return method.Invoke(inner, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } thrown)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
            throw;
        }
    }

    async Task CheckAsync()
    {
        var before = new Dictionary<string, (PipelineSnapshot Snapshot, string Dead)>();
        await inner.DisposeAsync();
        foreach (var pipeline in await inner.GetPipelinesAsync())
        {
            var snapshot = await inner.GetSnapshotAsync(pipeline);
            before[pipeline] = (snapshot, await DeadAsync(inner, pipeline, snapshot));
        }
        var directory = DataDirectory.Open(path);
        Assert.Empty(directory.Findings);
        await using var reopened = new EmbeddedBufferService(new FakeClock(clock.GetUtcNow()), directory);
        foreach (var (pipeline, (was, dead)) in before)
        {
            var now = await reopened.GetSnapshotAsync(pipeline);
            Assert.Equal(Summary(was.Total), Summary(now.Total));
            Assert.Equal(was.Holds, now.Holds);
            foreach (var stage in was.Stages)
            {
                if (now.Stages.SingleOrDefault(s => s.Stage == stage.Stage) is { } same)
                    Assert.Equal(Summary(stage.Level), Summary(same.Level));
                else
                    Assert.Equal(0, stage.Level.Pending);
            }
            Assert.Equal(dead, await DeadAsync(reopened, pipeline, was));
            // Time to live and backoffs go on by the clock, and nothing has touched the clock here.
            Assert.True(now.Total.RecordsAreConserved && now.Total.RoomIsConserved, now.Total.ToString());
        }
    }

    static async Task<string> DeadAsync(IBufferService service, string pipeline, PipelineSnapshot snapshot)
    {
        var all = new List<string>();
        foreach (var stage in snapshot.Stages)
        foreach (var letter in await service.GetDeadLettersAsync(pipeline, stage.Stage, int.MaxValue))
            all.Add(
                $"{stage.Stage}/{letter.Record.SourceId}/{letter.Record.Record.Id}/{letter.Record.Sequence}/{letter.Record.RetryCount}/{letter.Reason}/{letter.LastError}"
            );
        return string.Join('\n', all);
    }

    static string Summary(LevelSnapshot level) =>
        $"pending {level.Pending} offered {level.Offered} accepted {level.Accepted} refused {level.Refused} completed {level.Completed} dropped {level.Dropped} "
        + $"expired {level.Expired} dead {level.DeadLettered} retries {level.Retries}";
}
