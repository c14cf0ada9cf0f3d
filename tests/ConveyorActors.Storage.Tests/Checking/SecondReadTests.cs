using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage.Checking;
using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage.Tests.Checking;

/// <summary>A repair reads rows twice: to check them, and to copy them.</summary>
public sealed class SecondReadTests : IAsyncLifetime
{
    const string Pipeline = "p";

    readonly TempDirectory temp = new();

    public async Task InitializeAsync()
    {
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path));
        await service.ConfigureStageAsync(Pipeline, "one", new StageSettings { Duplicates = new() { Count = 10 } });
        foreach (var id in new[] { "first", "second" })
            await service.BufferForStageAsync(Pipeline, "one", "s", new(id, new byte[10]), AckLevel.Persisted);
        var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(1));
        await service.DeadLetterAsync(Pipeline, "one", lease.Id, null, "poison");
    }

    public Task DisposeAsync()
    {
        temp.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("grp", "UPDATE grp SET data=x'00'")]
    [InlineData("grp", "DELETE FROM grp")]
    [InlineData("dead", "UPDATE dead SET data=x'00'")]
    [InlineData("seen", "DELETE FROM seen WHERE id=(SELECT max(id) FROM seen)")]
    public void A_repair_fails_if_a_row_that_was_good_cannot_be_read_again(string table, string change)
    {
        using var file = DataFile.Open(temp["conveyor.db"], new(), isUntouched: true);
        var loader = new DataFileLoader(temp.Path, file, isLenient: true);
        var model = loader.Read();
        Assert.Empty(loader.Findings);
        file.Execute(change); // as if the disk returned other bytes the second time

        var failed = Assert.Throws<IOException>(() => DataFileRepair.Write(temp.Path, file, model));

        Assert.Equal($"1 row of the table {table} could be read before and cannot be read now", failed.Message);
        Assert.False(File.Exists(temp[Replacement.Ready]));
    }
}
