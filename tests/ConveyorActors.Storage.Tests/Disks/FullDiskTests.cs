using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests.Disks;

/// <summary>A file system that is really full.</summary>
public sealed class FullDiskTests
{
    const string Pipeline = "p",
        Stage = "filter",
        Source = "kafka-1";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="foldAfter">Whether most is in the data file or in the log when the disk is full.</param>
    [SmallDiskTheory]
    [InlineData(64 << 10)]
    [InlineData(64 << 20)]
    public async Task A_full_file_system_refuses_offers_and_loses_no_accepted_record(int foldAfter)
    {
        using var disk = new SmallDisk("16m");
        disk.Leave(8 << 20);
        var directory = DataDirectory.Open(disk["data"], new() { CheckpointBytes = foldAfter });
        var service = new EmbeddedBufferService(null, directory);
        await service.ConfigureAsync(Pipeline, new() { MaxPerStage = 100_000, MaxPerSource = 100_000 });
        var accepted = await OfferUntilRefusedAsync(service);

        Assert.Equal("the disk is full", directory.Failure);
        var refused = await service.BufferForStageAsync(Pipeline, Stage, Source, Make("refused"), AckLevel.Persisted);
        Assert.Equal((OfferStatus.StoreFailing, 0), (refused.Status, refused.Accepted));
        Assert.False(await service.FlushAsync(Pipeline));
        Assert.True((await service.GetSnapshotAsync(Pipeline)).IsConserved);

        // Consumers go on while nothing can be written.
        disk.Fill();
        var lease = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(10));
        Assert.Equal(10, (await service.CompleteAsync(Pipeline, Stage, lease.Id)).Settled);

        disk.MakeRoom();
        await GoesOnAsync(directory);
        Assert.True(await service.FlushAsync(Pipeline));
        Assert.True(
            (await service.BufferForStageAsync(Pipeline, Stage, Source, Make("after"), AckLevel.Persisted)).IsAccepted
        );
        await service.DisposeAsync();
        await HasAsync(disk["data"], accepted.Skip(10).Append("after"));
    }

    [SmallDiskFact]
    public async Task A_process_that_dies_on_a_full_disk_loses_no_acknowledged_record()
    {
        using var disk = new SmallDisk("8m");
        using var left = new SmallDisk("8m");
        var directory = DataDirectory.Open(disk["data"]);
        await using var service = new EmbeddedBufferService(null, directory);
        await service.ConfigureAsync(Pipeline, new() { MaxPerStage = 100_000, MaxPerSource = 100_000 });
        var accepted = await OfferUntilRefusedAsync(service);
        Directory.CreateDirectory(left["data"]);
        lock (directory.fileGate)
            foreach (var name in new[] { "conveyor.db", "conveyor.db-wal", "last" })
                File.Copy(Path.Combine(disk["data"], name), Path.Combine(left["data"], name));
        left.Fill();

        // The last record was not acknowledged when the disk was full. The store tries it again, so it may have been
        // written before the files were copied.
        var kept = await KeptAsync(left["data"]);
        Assert.Equal(accepted.SkipLast(1), kept.Take(accepted.Count - 1));
        Assert.Equal(accepted.Take(kept.Count), kept);
    }

    [SmallDiskFact]
    public async Task A_new_directory_on_a_full_file_system_is_refused_and_can_be_created_later()
    {
        using var disk = new SmallDisk();
        disk.Fill();

        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(disk["data"]));

        Assert.Equal(StorageFailure.CannotOpen, refused.Failure);
        Assert.StartsWith($"data directory '{disk["data"]}' cannot be", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(": the disk is full", refused.Message, StringComparison.Ordinal);
        disk.MakeRoom();
        await HasAsync(disk["data"], []);
    }

    [SmallDiskFact]
    public async Task A_new_directory_is_created_or_refused_wherever_the_disk_becomes_full()
    {
        for (var kibibytes = 0; kibibytes < 300; kibibytes += 4)
        {
            using var disk = new SmallDisk();
            disk.Leave(kibibytes << 10);
            try
            {
                await HasAsync(disk["data"], []);
            }
            catch (StorageException refused)
            {
                Assert.Equal(StorageFailure.CannotOpen, refused.Failure);
                Assert.EndsWith(": the disk is full", refused.Message, StringComparison.Ordinal);
            }
            disk.MakeRoom();
            await HasAsync(disk["data"], []);
        }
    }

    [SmallDiskFact]
    public async Task A_directory_on_a_full_file_system_opens_but_accepts_no_new_records()
    {
        using var disk = new SmallDisk();
        var ids = new List<string>();
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(disk["data"])))
            for (; ids.Count < 20; ids.Add($"r{ids.Count}"))
                await service.BufferForStageAsync(Pipeline, Stage, Source, Make($"r{ids.Count}"), AckLevel.Persisted);
        disk.Fill();

        await HasAsync(disk["data"], ids);
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(disk["data"])))
        {
            Assert.Equal(
                OfferStatus.StoreFailing,
                (
                    await service.BufferForStageAsync(Pipeline, Stage, Source, Make("more", 20_000), AckLevel.Persisted)
                ).Status
            );
            Assert.Equal(20, (await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(20))).Count);
        }
        await HasAsync(disk["data"], ids);
        disk.MakeRoom();
        await HasAsync(disk["data"], ids);
    }

    /// <summary>The last one hit the end of the disk: it is in the buffer, not acknowledged.</summary>
    static async Task<List<string>> OfferUntilRefusedAsync(EmbeddedBufferService service)
    {
        var accepted = new List<string>();
        OfferResult answer;
        do
        {
            answer = await service
                .BufferForStageAsync(Pipeline, Stage, Source, Make($"r{accepted.Count}", 20_000), AckLevel.Persisted)
                .AsTask()
                .WaitAsync(Patience);
            if (answer.Accepted > 0)
                accepted.Add($"r{accepted.Count}");
        } while (answer.IsAccepted);
        Assert.Equal((OfferStatus.StoreFailing, 1), (answer.Status, answer.Accepted));
        Assert.True(accepted.Count > 50, "there was hardly any room");
        return accepted;
    }

    static async Task GoesOnAsync(DataDirectory directory)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (directory.Failure is { } failure)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"it never went on: {failure}");
            await Task.Delay(5);
        }
    }

    static async Task HasAsync(string path, IEnumerable<string> ids) => Assert.Equal(ids, await KeptAsync(path));

    static async Task<IReadOnlyList<string>> KeptAsync(string path)
    {
        await using var directory = DataDirectory.Open(path);
        Assert.Empty(directory.Findings);
        return [.. directory.Peek(Pipeline, Stage, int.MaxValue).Select(r => r.Record.Id)];
    }

    static ConveyorRecord Make(string id, int bytes = 10) => new(id, new byte[bytes]);
}
