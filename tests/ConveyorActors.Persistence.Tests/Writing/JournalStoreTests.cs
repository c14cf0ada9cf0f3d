using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Model;
using ConveyorActors.Persistence.Writing;

namespace ConveyorActors.Persistence.Tests.Writing;

public class JournalStoreTests
{
    readonly JournalStore store = new("p", maxUnwrittenBytes: 1 << 20, TimeProvider.System);
    int appended,
        wakes;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 50)];

    void Append(int size = 10) =>
        store.Append([
            new("s", new StageEvent<ConveyorRecord>.CheckpointSet(new($"{++appended}", new string('v', size)))),
        ]);

    static int NumberOf(Unit unit) =>
        int.Parse(((StageEvent<ConveyorRecord>.CheckpointSet)unit.Entries[0].Event).Checkpoint.Key);

    void Begin(long lastUnit) => store.Begin(new PipelineModel("p") { LastUnit = lastUnit }, () => wakes++);

    [Theory, MemberData(nameof(Seeds))]
    public void Units_are_written_once_and_in_order_despite_failures_of_their_writer(int seed)
    {
        var random = new Random(seed);
        var journal = new List<int>(); // the units that are written
        var sending = new Queue<int[]>(); // the events of the current writer
        Begin(0);
        for (var step = 0; step < 400; step++)
        {
            switch (random.Next(6))
            {
                case 0 or 1:
                    Append(random.Next(300));
                    break;
                case 2 or 3:
                    Send();
                    break;
                case 4 when sending.TryDequeue(out var written):
                    journal.AddRange(written);
                    store.RemoveWritten(journal.Count);
                    break;
                case 5 when random.Next(5) == 0:
                    // The writer fails. What it had sent is in the journal, or is not, or is once its successor has
                    // begun.
                    store.Pause("test", canRead: true);
                    var late = sending.TryDequeue(out var sent) ? sent : [];
                    sending.Clear();
                    if (random.Next(2) == 0)
                        journal.AddRange(late);
                    else if (random.Next(2) == 0)
                    {
                        Begin(journal.Count);
                        journal.AddRange(late);
                        store.Pause("test", canRead: true);
                    }
                    Begin(journal.Count);
                    break;
            }
        }
        while (sending.TryDequeue(out var rest))
        {
            journal.AddRange(rest);
            store.RemoveWritten(journal.Count);
        }
        while (Send())
        {
            journal.AddRange(sending.Dequeue());
            store.RemoveWritten(journal.Count);
        }
        Assert.Equal(Enumerable.Range(1, appended), journal);
        Assert.Equal(0, store.UnwrittenBytes);
        Assert.True(store.FlushAsync() is { IsCompletedSuccessfully: true, Result: true });

        bool Send()
        {
            List<Unit> units = [];
            var first = store.Take(random.Next(3) == 0 ? 0 : random.Next(400), random.Next(1, 1_000), units);
            if (units.Count == 0 && sending.Count == 0)
                store.Take(0, 1_000, units);
            if (units.Count == 0)
                return false;
            var held = units.Count - random.Next(units.Count); // an event does not always hold what was taken for it
            store.PutBack(units.Count - held);
            Assert.Equal(first, NumberOf(units[0]));
            sending.Enqueue([.. units.Take(held).Select(NumberOf)]);
            return true;
        }
    }

    [Fact]
    public void A_writer_is_woken_again_when_the_buffer_is_full()
    {
        Begin(0);
        Append();
        Assert.Equal(1, wakes);
        List<Unit> first = [],
            second = [];
        store.Take(0, 1_000, first);
        Assert.Single(first);
        store.Take(1_000, 1_000, second);
        Append(400);
        Assert.Empty(second);
        Assert.Equal(1, wakes);
        Append(400);
        Append(400);
        Assert.Equal(2, wakes);
        store.Take(1_000, 1_000, second);
        Assert.Equal(2, NumberOf(second[0]));
    }
}
