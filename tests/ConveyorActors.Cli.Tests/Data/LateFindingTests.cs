using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
using ConveyorActors.Storage.Tests.Checking;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>Records that cannot be decoded, which is found only when they are read.</summary>
public sealed class LateFindingTests : DataVerbRun, IAsyncLifetime
{
    const string Pipeline = "run",
        Stage = "slim";

    string Finding =>
        $"conveyor: {State}: grp 1: record 2 of source 'in' at stage 'slim' of pipeline 'run' cannot be decoded: ";

    public async Task InitializeAsync()
    {
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(State)))
            await service.BufferBatchForStageAsync(
                Pipeline,
                Stage,
                "in",
                Enumerable.Range(1, 3).Select(i => new ConveyorRecord($"id-{i}", new byte[50])).ToArray(),
                AckLevel.Persisted
            );
        UndecodableRecord.Make(State, "id-2");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_peek_shows_which_records_it_cannot_show()
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync("peek", State, Stage);

        Assert.True(exit == 0, error);
        Assert.Equal(2, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(2, error.Split(Finding).Length);
    }

    [Fact]
    public async Task A_drain_shows_once_which_records_are_not_in_the_file()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync("drain", State, Stage, "--to", At("rest"));

        Assert.True(exit == 3, error);
        Assert.Equal(2, error.Split(Finding).Length);
    }
}
