using System.Collections;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Settling an empty lease is a value, and a caller's own list is never read under a lock.</summary>
public sealed class EmptyLeaseTests
{
    readonly BufferManager<int> manager = new(null, new() { Clock = new FakeClock() });

    public static TheoryData<
        string,
        Func<BufferManager<int>, Lease<int>, IReadOnlyList<long>?, SettleResult>
    > Settlements() =>
        new()
        {
            { "complete", (m, l, s) => m.Complete(l, s) },
            { "complete with a checkpoint", (m, l, s) => m.Complete(l, s, new Checkpoint("sink", "1")) },
            { "return", (m, l, s) => m.ReturnToBuffer(l, s, "failed") },
            { "return uncharged", (m, l, s) => m.ReturnToBuffer(l, s, "not tried", charge: false) },
            { "dead-letter", (m, l, s) => m.DeadLetter(l, s, "no good") },
            { "hop", (m, l, s) => m.Hop(l, s, "next", ReadOnlyMemory<int>.Empty) },
            { "hop and wait", (m, l, s) => m.HopAsync(l, s, "next", ReadOnlyMemory<int>.Empty).AsTask().Result },
        };

    [Theory]
    [MemberData(nameof(Settlements))]
    public void Settling_an_empty_lease_settles_nothing(
        string name,
        Func<BufferManager<int>, Lease<int>, IReadOnlyList<long>?, SettleResult> settle
    )
    {
        Assert.NotEmpty(name);
        Assert.Equal(new SettleResult(SettleStatus.Ok, 0), settle(manager, manager.GetBatch("s", 1), null));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 0), settle(manager, manager.GetBatch("s", 1), [1, 2]));
        Assert.Throws<ArgumentNullException>("lease", () => settle(manager, null!, null));
    }

    [Fact]
    public void Renewing_an_empty_lease_returns_a_value() =>
        Assert.Equal(new SettleResult(SettleStatus.Ok, 0), manager.Renew(manager.GetBatch("s", 1)));

    [Fact]
    public void Results_for_an_empty_lease_are_refused_with_a_message() =>
        Assert.Equal(
            new SettleResult(SettleStatus.UnknownLease, 0),
            manager.Hop(manager.GetBatch("s", 1), null, "next", new[] { 1 })
        );

    [Fact]
    public async Task A_consumer_that_completes_its_records_ends_with_the_manager()
    {
        var consumer = Task.Run(async () => manager.Complete(await manager.GetBatchAsync("s", 100)));
        await Within.Reason(manager.DisposeAsync().AsTask());
        Assert.Equal(0, (await Within.Reason(consumer)).Settled);
    }

    [Theory]
    [MemberData(nameof(Settlements))]
    public async Task A_list_of_sequences_that_uses_the_manager_does_not_hang(
        string name,
        Func<BufferManager<int>, Lease<int>, IReadOnlyList<long>?, SettleResult> settle
    )
    {
        manager.BufferBatchForStage("s", "a", [1, 2]);
        var lease = manager.GetBatch("s", 2);
        var sequences = new Calling(manager, [1]);
        SettleResult result = default;
        await Within.Reason(Within.Thread(() => result = settle(manager, lease, sequences)));
        Assert.True(result is { IsOk: true, Settled: 1 } && sequences.Reads > 0, name);
    }

    /// <summary>A list that asks the manager while it is read: it would wait for ever under a lock.</summary>
    sealed class Calling(BufferManager<int> manager, long[] values) : IReadOnlyList<long>
    {
        public int Reads { get; private set; }

        public long this[int index] => Used(values[index]);

        public int Count => (int)Used(values.Length);

        public IEnumerator<long> GetEnumerator() => values.Select(Used).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        long Used(long value)
        {
            Reads++;
            manager.GetBatch("s", 1);
            return value;
        }
    }
}
