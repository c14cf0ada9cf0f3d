using System.Diagnostics;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Writing;

/// <summary>
/// The size of a journal and the time to open it follow what is pending, not what ever went through.
/// CONVEYOR_JOURNAL_PENDING and CONVEYOR_JOURNAL_THROUGH say how many records (defaults 2,000 and 100,000; the large
/// form is 100,000 and 10,000,000).
/// </summary>
public sealed class CompactionTests(ITestOutputHelper output) : IDisposable
{
    const int Batch = 500;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task The_size_of_the_journal_depends_only_on_the_pending_records()
    {
        var (pending, through) = (
            Setting("CONVEYOR_JOURNAL_PENDING", 2_000),
            Setting("CONVEYOR_JOURNAL_THROUGH", 100_000)
        );
        var payload = new byte[100];
        await using var node = new JournalNode(database);
        // The small form has small events and snapshots, so that the bound means something; the large one has the
        // settings that are shipped.
        var storage = node.Storage(s =>
            (
                pending >= 100_000
                    ? s
                    : s with
                    {
                        SnapshotAfter = 256 << 10,
                        MaxEventBytes = 64 << 10,
                        MaxUnwrittenBytes = 256 << 10,
                    }
            ) with
            {
                DeleteAfter = TimeSpan.FromMilliseconds(100),
            }
        );
        // A record takes about 110 bytes here. There may be events up to the next snapshot.
        var live = pending * 140L;
        var bound = live + (pending >= 100_000 ? 5 << 20 : 320 << 10);
        var began = Stopwatch.GetTimestamp();
        await using (var pipeline = await storage.OpenedAsync("p"))
        {
            for (var i = 0; i < pending; i += Batch)
                await OfferAsync(pipeline, "stays", i, AckLevel.Buffered);
            Assert.True(await pipeline.FlushAsync("p"));
            for (var i = 0; i < through; i += Batch)
            {
                await OfferAsync(pipeline, "goes", i, i % 10_000 == 0 ? AckLevel.Persisted : AckLevel.Buffered);
                var lease = await pipeline.GetBatchAsync("p", "goes", new BatchRequest(Batch));
                Assert.Equal(Batch, (await pipeline.CompleteAsync("p", "goes", lease.Id)).Settled);
            }
            Assert.True(await pipeline.FlushAsync("p"));
            // What was written while a snapshot was being saved goes with the next one, which the next event starts.
            for (var settling = Stopwatch.GetTimestamp(); JournalBytes > bound; await Task.Delay(20))
            {
                Assert.True(Stopwatch.GetElapsedTime(settling) < Patience, $"the journal has {JournalBytes:N0} bytes");
                await OfferAsync(pipeline, "goes", through, AckLevel.Persisted);
                through += Batch;
                await pipeline.CompleteAsync(
                    "p",
                    "goes",
                    (await pipeline.GetBatchAsync("p", "goes", new BatchRequest(Batch))).Id
                );
            }
        }
        output.WriteLine($"{through:N0} went through in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
        var (rows, bytes) = (database.Query("select count(*) from journal"), JournalBytes);
        var (snapshots, image) = (
            database.Query("select count(*) from snapshot"),
            database.Query("select coalesce(max(length(snapshot)), 0) from snapshot")
        );
        var opening = Stopwatch.GetTimestamp();
        await using var again = await storage.OpenedAsync("p");
        var took = Stopwatch.GetElapsedTime(opening);
        output.WriteLine(
            $"journal: {rows:N0} events of {bytes:N0} bytes; {snapshots} snapshots of at most {image:N0} bytes; opened in {took.TotalMilliseconds:F0} ms"
        );
        var snapshot = await again.GetSnapshotAsync("p");
        Assert.Equal((pending, through), (snapshot.Total.Pending, snapshot.Total.Completed));
        Assert.InRange(image, pending * 100L, 2 * live + 10_000);
        Assert.InRange(bytes, 0, bound + (64 << 10));
        Assert.InRange(snapshots, 1, 3);

        async Task OfferAsync(IBufferService pipeline, string stage, int first, AckLevel ackLevel)
        {
            var records = Enumerable
                .Range(first, Batch)
                .Select(n => new ConveyorRecord($"{stage}{n}", payload))
                .ToArray();
            var offered = await pipeline.BufferBatchForStageAsync("p", stage, "a", records, ackLevel);
            Assert.Equal((OfferStatus.Accepted, Batch), (offered.Status, offered.Accepted));
        }
    }

    long JournalBytes => database.Query("select coalesce(sum(length(message)), 0) from journal");

    static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var given) ? given : otherwise;

    public void Dispose() => database.Dispose();
}
