using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Enqueuing;

public class BufferActorBatchTests
{
    static readonly IActorRef Ann = new Somebody(),
        Ben = new Somebody();

    readonly BufferActorBatch batch = new(2);

    [Fact]
    public void Records_without_a_waiter_form_one_part_and_each_reply_forms_another()
    {
        batch.Add(Make("1"), null);
        batch.Add(MakeMany("2", "3"), null);
        batch.Add(MakeMany("4", "5"), Ann);
        batch.Add(Make("6"), Ann);
        batch.Add(Make("7"), null);
        Assert.Equal([new(3, null), new(2, Ann), new(1, Ann), new(1, null)], batch.Parts);
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], Ids);
        Assert.Equal(7, batch.Count);
    }

    [Fact]
    public void An_empty_batch_still_gets_a_reply_if_a_caller_waits()
    {
        batch.Add(ReadOnlySpan<ConveyorRecord>.Empty, null);
        Assert.True(batch.IsEmpty);
        batch.Add(ReadOnlySpan<ConveyorRecord>.Empty, Ann);
        Assert.Equal((false, 0), (batch.IsEmpty, batch.Count));
        Assert.Equal([new(0, Ann)], batch.Parts);
    }

    [Theory]
    [InlineData(0, 0, "123456", "2a1b1-2a")]
    [InlineData(1, 0, "23456", "1a1b1-2a")]
    [InlineData(2, 1, "3456", "1b1-2a")]
    [InlineData(4, 3, "56", "2a")]
    [InlineData(5, 3, "6", "1a")]
    [InlineData(6, 4, "", "")]
    public void The_first_records_are_removed_by_whole_parts_and_a_remainder(
        int records,
        int parts,
        string left,
        string partsLeft
    )
    {
        batch.Add(MakeMany("1", "2"), Ann);
        batch.Add(Make("3"), Ben);
        batch.Add(Make("4"), null);
        batch.Add(MakeMany("5", "6"), Ann);
        batch.RemoveFirst(records, parts);
        Assert.Equal(left, string.Concat(Ids));
        Assert.Equal(
            partsLeft,
            string.Concat(
                batch.Parts.Select(p => $"{p.Count}{(p.ReplyTo == Ann ? "a" : p.ReplyTo == Ben ? "b" : "-")}")
            )
        );
        Assert.Equal(partsLeft.Length == 0, batch.IsEmpty);
        AssertHoldsNothingElse();
    }

    [Fact]
    public void Awaited_records_are_removed_and_the_rest_stays_in_order()
    {
        batch.Add(Make("1"), null);
        batch.Add(MakeMany("2", "3"), Ann);
        batch.Add(MakeMany("4", "5"), null);
        batch.Add(ReadOnlySpan<ConveyorRecord>.Empty, Ben);
        batch.Add(Make("6"), null);
        List<(IActorRef, int)> told = [];
        batch.TakeExpectingReply((who, count) => told.Add((who, count)));
        Assert.Equal([(Ann, 2), (Ben, 0)], told);
        Assert.Equal(["1", "4", "5", "6"], Ids);
        Assert.Equal([new(4, null)], batch.Parts);
        AssertHoldsNothingElse();
    }

    [Fact]
    public void A_cleared_queue_references_no_record()
    {
        batch.Add(MakeMany("1", "2", "3"), Ann);
        var memory = batch.Records;
        batch.Clear();
        Assert.True(batch.IsEmpty);
        Assert.All(memory.ToArray(), Assert.Null);
    }

    string[] Ids => [.. batch.Records.ToArray().Select(r => r.Id)];

    static ConveyorRecord Make(string id) => new(id, Array.Empty<byte>());

    static ConveyorRecord[] MakeMany(params string[] ids) => [.. ids.Select(Make)];

    void AssertHoldsNothingElse()
    {
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(batch.Records, out var all);
        Assert.All(all.Array!.Skip(batch.Count), Assert.Null);
    }

    sealed class Somebody : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems);

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }
}
