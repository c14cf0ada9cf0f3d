using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests.Files;

/// <summary>The log that is filled ahead of what is written to it.</summary>
public sealed class WalPreallocationTests : IDisposable
{
    const string Pipeline = "p",
        Stage = "filter";
    const int Limit = 1 << 20;

    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task With_persisted_offers_the_log_is_preallocated_and_stays_in_its_bound()
    {
        var lengths = await OfferAsync(AckLevel.Persisted, new() { CheckpointBytes = Limit });

        // It grows in steps, not with each transaction, and is overwritten once it is folded.
        Assert.True(lengths.Distinct().Count() < lengths.Count / 4, string.Join(' ', lengths));
        Assert.True(lengths[^1] > Limit / 2 && lengths[^1] < Limit * 1.2, string.Join(' ', lengths));
    }

    [Fact]
    public async Task Without_persisted_offers_the_log_has_no_preallocated_space()
    {
        var lengths = await OfferAsync(AckLevel.Buffered, new());
        Assert.True(lengths.Distinct().Count() > 100, string.Join(' ', lengths));

        lengths = await OfferAsync(AckLevel.Persisted, new() { KeepsLogAhead = false });
        Assert.True(lengths.Distinct().Count() > 100, string.Join(' ', lengths));
    }

    [Fact]
    public async Task The_records_of_a_log_that_ends_in_zeros_are_restored()
    {
        var copy = new TempDirectory();
        var offered = 0;
        await using (var directory = DataDirectory.Open(temp.Path))
        await using (var service = new EmbeddedBufferService(null, directory))
        {
            // The log is extended in steps, so its last bytes may have just been used.
            for (; offered < 50 || (offered < 500 && !IsZeroAtTheEnd(Path.Combine(temp.Path, Log))); offered++)
                Assert.True(
                    (
                        await service.BufferForStageAsync(
                            Pipeline,
                            Stage,
                            "s",
                            new ConveyorRecord($"{offered}", new byte[200]),
                            AckLevel.Persisted
                        )
                    ).IsAccepted
                );
            lock (directory.fileGate)
                foreach (
                    var file in Directory.GetFiles(temp.Path).Where(f => !f.EndsWith("lock", StringComparison.Ordinal))
                )
                    File.Copy(file, copy[Path.GetFileName(file)]);
        }
        Assert.True(IsZeroAtTheEnd(copy[Log]));

        await using var opened = DataDirectory.Open(copy.Path);

        Assert.Empty(opened.Findings);
        Assert.Equal(
            Enumerable.Range(0, offered).Select(i => $"{i}"),
            opened.Peek(Pipeline, Stage, offered + 1).Select(r => r.Record.Id)
        );
    }

    const string Log = "conveyor.db-wal";

    static bool IsZeroAtTheEnd(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var end = new byte[4_000];
        stream.Seek(-end.Length, SeekOrigin.End);
        stream.ReadExactly(end);
        return end.AsSpan().IndexOfAnyExcept((byte)0) < 0;
    }

    /// <summary>Offers one record after the other, and answers the length of the log after each.</summary>
    async Task<List<long>> OfferAsync(AckLevel ackLevel, DataDirectoryOptions options)
    {
        var directory = DataDirectory.Open(Path.Combine(temp.Path, $"{Guid.NewGuid():N}"), options);
        await using var service = new EmbeddedBufferService(null, directory);
        var lengths = new List<long>();
        for (var i = 0; i < 200; i++)
        {
            Assert.True(
                (
                    await service.BufferForStageAsync(
                        Pipeline,
                        Stage,
                        "s",
                        new ConveyorRecord("", new byte[1_000]),
                        ackLevel
                    )
                ).IsAccepted
            );
            if (ackLevel == AckLevel.Buffered)
                await directory.WaitForWritesAsync();
            lock (directory.fileGate)
                lengths.Add(new FileInfo(Path.Combine(directory.Path, "conveyor.db-wal")).Length);
        }
        return lengths;
    }
}
