using System.Diagnostics;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Storage.Tests;

/// <summary>Opening a directory that cannot be used, and a disk that cannot be written.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    const string Pipeline = "p",
        Stage = "filter",
        Source = "kafka-1";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task A_directory_that_is_open_in_this_process_is_refused_until_it_is_disposed()
    {
        var first = DataDirectory.Open(temp.Path);

        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path));

        Assert.Equal(StorageFailure.InUse, refused.Failure);
        Assert.Contains("is open in this process already; ", refused.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await using var again = DataDirectory.Open(temp.Path);
    }

    [Fact]
    public async Task A_directory_open_in_another_process_is_refused_until_that_process_ends()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (
            var argument in new[]
            {
                Path.Combine(AppContext.BaseDirectory, "ConveyorActors.Storage.Crasher.dll"),
                temp.Path,
                "1",
                "1",
            }
        )
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        try
        {
            Assert.Equal("ready", await child.StandardOutput.ReadLineAsync().WaitAsync(Patience));
            _ = child.StandardOutput.ReadToEndAsync();
            var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path));
            Assert.Contains($"in use by process {child.Id};", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            child.Kill();
        }
        await child.WaitForExitAsync().WaitAsync(Patience);
        await using var opened = DataDirectory.Open(temp.Path);
        Assert.Empty(opened.Findings);
    }

    [Fact]
    public async Task A_directory_of_a_newer_format_is_refused_and_unchanged()
    {
        await using (var service = Open())
            await service.BufferForStageAsync(Pipeline, Stage, Source, Make("a"), AckLevel.Persisted);
        long sum;
        using (var file = Storage.Files.DataFile.Open(temp["conveyor.db"], new()))
        {
            using var read = file.Prepare("SELECT tx, sums FROM head");
            read.Step();
            sum = Format.RowSums.ComputeForHead(2, read.GetLong(0), read.GetBlob(1));
            read.Reset();
            file.Execute($"UPDATE head SET format=2, sum={sum}");
        }
        var before = File.ReadAllBytes(temp["conveyor.db"]);

        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path));

        Assert.Equal(StorageFailure.NewerFormat, refused.Failure);
        Assert.Contains("has format 2; this program knows formats up to 1", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(temp["conveyor.db"]));
    }

    [Fact]
    public void A_directory_that_cannot_be_created_is_refused_with_the_reason()
    {
        File.WriteAllText(temp["file"], "");

        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp["file"]));

        Assert.Equal(StorageFailure.CannotOpen, refused.Failure);
        Assert.Contains(
            $"data directory '{temp["file"]}' cannot be created",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public void A_directory_in_which_no_file_can_be_created_is_refused() =>
        Assert.Equal(
            StorageFailure.CannotOpen,
            Assert.Throws<StorageException>(() => DataDirectory.Open("/proc/self")).Failure
        );

    [Fact]
    public async Task A_file_that_is_not_a_data_file_is_refused_as_damaged()
    {
        File.WriteAllBytes(temp["conveyor.db"], new byte[5000]);
        var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(temp.Path));
        Assert.Equal(StorageFailure.Damaged, refused.Failure);
        Assert.Contains("fsck", refused.Message, StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_full_disk_refuses_offers_with_a_reason_and_loses_nothing()
    {
        var directory = DataDirectory.Open(temp.Path, new() { MaxBytes = 1 << 20 });
        await using var service = new EmbeddedBufferService(null, directory);
        await service.ConfigureAsync(Pipeline, new() { MaxPerStage = 100_000, MaxPerSource = 100_000 });
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

        // The one that hit the end of the disk is in the buffer and not acknowledged; the next ones stay with their
        // callers.
        Assert.Equal((OfferStatus.StoreFailing, 1), (answer.Status, answer.Accepted));
        Assert.Equal((true, false), (answer.IsUnwritten, answer.CanRetry));
        Assert.Equal("the disk is full", directory.Failure);
        var refused = await service.BufferForStageAsync(Pipeline, Stage, Source, Make("refused"), AckLevel.Persisted);
        Assert.Equal((OfferStatus.StoreFailing, 0, 0), (refused.Status, refused.Accepted, refused.Consumed));
        Assert.Equal((false, true), (refused.IsUnwritten, refused.CanRetry));
        Assert.Equal(
            OfferStatus.StoreFailing,
            (await service.BufferForStageAsync(Pipeline, Stage, Source, Make("refused"))).Status
        );
        Assert.False(await service.FlushAsync(Pipeline));
        Assert.True((await service.GetSnapshotAsync(Pipeline)).IsConserved);

        // What is settled gives room back, and what was waiting for it is written.
        var lease = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(10));
        await service.CompleteAsync(Pipeline, Stage, lease.Id);
        var began = TimeProvider.System.GetTimestamp();
        while (directory.Failure is not null)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "it never went on");
            await Task.Delay(5);
        }
        Assert.True(await service.FlushAsync(Pipeline));
        Assert.True(
            (await service.BufferForStageAsync(Pipeline, Stage, Source, Make("after"), AckLevel.Persisted)).IsAccepted
        );

        await service.DisposeAsync();
        await using var reopened = DataDirectory.Open(temp.Path);
        Assert.Empty(reopened.Findings);
        Assert.Equal(
            accepted.Skip(10).Append("after"),
            reopened.Peek(Pipeline, Stage, int.MaxValue).Select(r => r.Record.Id)
        );
    }

    [Fact]
    public async Task Persisted_is_refused_if_nothing_is_kept_on_disk()
    {
        await using IBufferService service = new EmbeddedBufferService();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await service.BufferForStageAsync(Pipeline, Stage, Source, Make("a"), AckLevel.Persisted)
        );

        Assert.Contains("pipeline 'p' keeps nothing on disk", refused.Message, StringComparison.Ordinal);
        Assert.False(service.IsDurable);
        Assert.True(await service.FlushAsync(Pipeline));
    }

    [Fact]
    public void Options_out_of_range_are_refused_with_name_and_value()
    {
        Assert.Contains(
            "CheckpointBytes is 5",
            Assert.Throws<ArgumentOutOfRangeException>(() => new DataDirectoryOptions { CheckpointBytes = 5 }).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "MaxBytes is 7",
            Assert.Throws<ArgumentOutOfRangeException>(() => new DataDirectoryOptions { MaxBytes = 7 }).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Pipelines_whose_names_differ_in_half_a_surrogate_pair_have_their_own_files()
    {
        string[] names = ["a\uD800", "a\uD801", "\uDFFFa", "a\uFFFD"];
        Assert.Equal(names.Length, names.Select(n => DataDirectory.GetSinkFile(temp.Path, n)).Distinct().Count());
        Assert.EndsWith("1C168ADB", DataDirectory.GetSinkFile(temp.Path, "orders"), StringComparison.Ordinal);
    }

    EmbeddedBufferService Open() => new(null, DataDirectory.Open(temp.Path));

    static ConveyorRecord Make(string id, int bytes = 10) => new(id, new byte[bytes]);
}
