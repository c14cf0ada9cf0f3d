using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests.Checking;

/// <summary>Records that are as they were written, with right checksums, and cannot be decoded.</summary>
public sealed class UndecodableRecordTests : IAsyncLifetime
{
    const string Pipeline = "p",
        Finding =
            "grp 1: record 3 of source 's' at stage 'one' of pipeline 'p' cannot be decoded: a length of 120 is given, and only 55 bytes follow; it is left out";

    readonly TempDirectory temp = new();

    public async Task InitializeAsync()
    {
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
        {
            await service.BufferBatchForStageAsync(
                Pipeline,
                "one",
                "s",
                Enumerable.Range(1, 5).Select(i => new ConveyorRecord($"id-{i}", new byte[50])).ToArray(),
                AckLevel.Persisted
            );
            var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(1));
            await service.CompleteAsync(Pipeline, "one", lease.Id);
        }
        UndecodableRecord.Make(temp.Path, "id-3");
    }

    public Task DisposeAsync()
    {
        temp.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public void A_record_that_cannot_be_decoded_is_found_with_its_stage_and_sequence()
    {
        var report = DirectoryCheck.Check(temp.Path);

        Assert.Equal(Finding, Assert.Single(report.Findings).ToString());
        Assert.Equal((false, 3), (report.IsSound, report.Records));
    }

    [Fact]
    public async Task A_repair_sets_only_the_record_aside_that_cannot_be_decoded()
    {
        var report = DirectoryCheck.Repair(temp.Path);

        Assert.Equal(3, report.Records);
        var aside = File.ReadAllText(Path.Combine(report.SetAside!, "set-aside.jsonl"));
        Assert.Contains("record 3 of source \\u0027s\\u0027", aside, StringComparison.Ordinal);
        Assert.DoesNotContain("\"payload\"", aside, StringComparison.Ordinal);
        Assert.Empty(DirectoryCheck.Check(temp.Path).Findings);
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path));
        await AssertDeliveredAsync(service);
    }

    [Fact]
    public async Task A_record_that_cannot_be_decoded_does_not_keep_the_others_from_being_delivered()
    {
        var directory = DataDirectory.Open(temp.Path);
        await using (var service = new EmbeddedBufferService(null, directory))
            await AssertDeliveredAsync(service);
        Assert.Equal(Finding, Assert.Single(directory.Findings).ToString());

        // It stays in the file, and is counted once, until the directory is repaired.
        Assert.Equal(Finding, Assert.Single(DirectoryCheck.Check(temp.Path).Findings).ToString());
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path)))
        {
            Assert.Equal(0, (await service.GetBatchAsync(Pipeline, "one", new BatchRequest(100))).Count);
            await AssertCountedAsync(service);
        }
        DirectoryCheck.Repair(temp.Path);
        await using var repaired = new EmbeddedBufferService(null, DataDirectory.Open(temp.Path));
        await AssertCountedAsync(repaired);
    }

    [Fact]
    public async Task A_drain_takes_out_the_records_that_can_be_decoded_and_reports_the_others()
    {
        await using var directory = DataDirectory.Open(temp.Path);

        var drained = await directory.DrainAsync(Pipeline, "one", static (_, _) => null);

        Assert.Equal(3, drained);
        Assert.Equal(Finding, Assert.Single(directory.Findings).ToString());
    }

    static async Task AssertDeliveredAsync(EmbeddedBufferService service)
    {
        var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(100));
        Assert.Equal(["id-2", "id-4", "id-5"], lease.Records.Select(r => r.Record.Id));
        await service.CompleteAsync(Pipeline, "one", lease.Id);
        await AssertCountedAsync(service);
    }

    static async Task AssertCountedAsync(EmbeddedBufferService service)
    {
        var snapshot = await service.GetSnapshotAsync(Pipeline);
        Assert.Equal(
            (0, 4, 1, true),
            (snapshot.Total.Pending, snapshot.Total.Completed, snapshot.Total.Dropped, snapshot.IsConserved)
        );
    }
}
