using Akka.TestKit;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Tests.Properties;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>A buffer actor, driven step by step, beside a model of what everybody is owed.</summary>
sealed class BufferActorRun(
    BufferActorState buffer,
    IActorRef door,
    TestProbe pipelines,
    Func<TestProbe> makeProbe,
    Action<TimeSpan> advance
)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    static readonly BufferTarget[] Targets =
    [
        new("shop", "enrich", "a"),
        new("shop", "enrich", "b"),
        new("shop", "load", "a"),
    ];

    readonly Dictionary<string, Sent> sent = [];
    readonly Dictionary<BufferTarget, BufferPartsForStage> onTheirWay = [];
    readonly List<(TestProbe Who, BufferTarget Target, string[] Ids)> asked = [];
    readonly Dictionary<TestProbe, (OfferResult? Result, Failed? Failure)> owed = [];
    long sentRecords;
    int nextId;

    sealed record Sent(BufferTarget Target, int Number, TestProbe? Asker)
    {
        /// <summary>Taken by the stage, or answered for.</summary>
        public bool IsDone { get; set; }
    }

    public void Step(int action)
    {
        Digits digits = new(action);
        switch (digits.Next(10))
        {
            case < 4:
                Enqueue(Targets[digits.Next(3)], digits.Next(3) == 0, digits.Next(4) == 0 ? digits.Next(6) : 1);
                break;
            case < 7:
                Answer(digits);
                break;
            case < 9:
                Advance(TimeSpan.FromMilliseconds(digits.Next(2) == 0 ? 50 : 1 + digits.Next(40)));
                break;
            default:
                buffer.Actor.Tell(Kill.Instance);
                break;
        }
        Look();
    }

    /// <summary>The stages take everything, until nothing is left; then all is accounted for.</summary>
    public void End()
    {
        for (var i = 0; buffer.Gate.Used > 0 || onTheirWay.Count > 0; i++)
        {
            Assert.True(i < 200, $"{buffer.GetSnapshot()} does not get empty");
            Advance(TimeSpan.FromMilliseconds(50));
            Look();
            foreach (var pass in onTheirWay.Values.ToArray())
                Tell(pass, [.. pass.Parts.Select(Took)], null);
            Look();
        }
        foreach (var (who, _, _) in asked)
            Assert.False(who.HasMessages, "an answer too many");
        Assert.Empty(owed);
        Assert.All(asked, a => Assert.True(Answered.Contains(a.Who), "an answer is missing"));
        Assert.All(sent.Values.Where(s => s.Asker is null), s => Assert.True(s.IsDone));
        Assert.Equal(0, buffer.Gate.Used);
    }

    HashSet<TestProbe> Answered { get; } = [];

    void Enqueue(BufferTarget target, bool wantsAnswer, int records)
    {
        var who = wantsAnswer ? makeProbe() : null;
        ConveyorRecord[] batch =
        [
            .. Enumerable.Range(0, records).Select(_ => new ConveyorRecord($"{nextId++}", Array.Empty<byte>())),
        ];
        var refusedBefore = buffer.Gate.Refused;
        door.Tell(
            records == 1 ? new Enqueue(target, batch[0], wantsAnswer) : new EnqueueBatch(target, batch, wantsAnswer),
            who?.Ref ?? ActorRefs.NoSender
        );
        sentRecords += records;
        if (buffer.Gate.Refused > refusedBefore)
        {
            if (who is not null)
                Assert.Equal(EnqueueOutcome.BufferFull, who.ExpectMsg<EnqueueResult>(TimeSpan.Zero).Status);
            return;
        }
        foreach (var record in batch)
            sent[record.Id] = new(target, sent.Count, who);
        if (who is not null)
            asked.Add((who, target, [.. batch.Select(r => r.Id)]));
    }

    /// <summary>What a stage may say to the first pass: whole, in part, or not at all.</summary>
    void Answer(Digits digits)
    {
        if (onTheirWay.Count == 0)
            return;
        var pass = onTheirWay.Values.ElementAt(digits.Next(onTheirWay.Count));
        var kind = digits.Next(5);
        var whole = kind < 2 ? pass.Parts.Count : digits.Next(pass.Parts.Count + 1);
        List<OfferResult> results = [];
        for (var i = 0; i < whole; i++)
            results.Add(Whole(pass.Parts[i], digits.Next(6)));
        Failed? failure = null;
        if (whole < pass.Parts.Count)
        {
            if (pass.Parts[whole] == 0)
                results.Add(Took(0));
            else if (kind == 2)
                failure = new((Problem)digits.Next(5), "because");
            else
            {
                var stop = (OfferStatus[])
                    [
                        OfferStatus.StageFull,
                        OfferStatus.SourceFull,
                        OfferStatus.GlobalFull,
                        OfferStatus.TooLarge,
                        OfferStatus.Draining,
                    ];
                var taken = digits.Next(pass.Parts[whole]);
                results.Add(new(stop[digits.Next(stop.Length)], taken, taken, 0, BackpressureSignal.Pause, 1));
            }
        }
        Tell(pass, results, failure);
    }

    void Tell(BufferPartsForStage pass, List<OfferResult> results, Failed? failure)
    {
        Note(pass, results, failure);
        onTheirWay.Remove(new(pass.Pipeline, pass.Stage, pass.Source));
        buffer.Actor.Tell(new PartsOffered(pass.Pass, results, failure), pipelines.Ref);
    }

    /// <summary>What that means for each record.</summary>
    void Note(BufferPartsForStage pass, List<OfferResult> results, Failed? failure)
    {
        var ids = passed[pass.Pass];
        var (from, stopped) = (0, false);
        for (var i = 0; i < results.Count; i++)
        {
            var (part, result) = (ids[from..(from + pass.Parts[i])], results[i]);
            foreach (var id in part[..result.Consumed])
                sent[id].IsDone = true;
            var asker = i < askersOf[pass.Pass].Length ? askersOf[pass.Pass][i] : null;
            if (asker is not null)
                owed[asker] = (result, null);
            if (result.Consumed < part.Length)
            {
                stopped = true;
                if (asker is null && result.Status == OfferStatus.TooLarge)
                    Lost(part[result.Consumed]);
                if (result.Status == OfferStatus.Draining)
                    foreach (var id in ids[(from + result.Consumed)..].Where(id => sent[id].Asker is null))
                        Lost(id);
                if (result.Status != OfferStatus.TooLarge)
                    foreach (var behind in askersOf[pass.Pass][(i + 1)..])
                        Owe(behind, result with { Accepted = 0, Consumed = 0 }, null);
            }
            from += pass.Parts[i];
        }
        if (failure is null || stopped)
            return;
        foreach (var behind in askersOf[pass.Pass][results.Count..])
            Owe(behind, null, failure);
        if (failure.Problem is Problem.Argument or Problem.ArgumentMissing or Problem.ArgumentOutOfRange)
            foreach (var id in ids[from..].Where(id => sent[id].Asker is null))
                Lost(id);
    }

    void Owe(TestProbe? asker, OfferResult? result, Failed? failure)
    {
        if (asker is not null)
            owed[asker] = (result, failure);
    }

    void Lost(string id) => sent[id].IsDone = true;

    readonly Dictionary<long, string[]> passed = [];
    readonly Dictionary<long, TestProbe?[]> askersOf = [];

    void Advance(TimeSpan by)
    {
        Rest();
        advance(by);
    }

    void Rest() => buffer.Actor.Ask<ActorIdentity>(new Identify(0), Patience).GetAwaiter().GetResult();

    /// <summary>Takes what the buffer has sent, and checks it.</summary>
    void Look()
    {
        Rest();
        foreach (var (who, _, _) in asked.Where(a => a.Who.HasMessages).ToArray())
        {
            Assert.True(Answered.Add(who), "an answer too many");
            var said = who.ReceiveOne(TimeSpan.Zero);
            if (owed.Remove(who, out var due))
            {
                if (due.Result is { } result)
                    Assert.Equal(EnqueueReplies.FromOffer(result), said);
                else
                    Assert.Equal(due.Failure, said);
            }
            // Who was never on the way is refused like what is before them.
            else
                Assert.True(
                    said is EnqueueResult { Consumed: 0, Accepted: 0 } or Failed { Problem: Problem.NotNow },
                    $"{said}"
                );
        }
        Assert.Empty(owed.Keys);
        while (pipelines.HasMessages)
            Arrived(pipelines.ExpectMsg<BufferPartsForStage>(TimeSpan.Zero));
        Assert.All(
            asked,
            a =>
                Assert.True(
                    Answered.Contains(a.Who) || onTheirWay.ContainsKey(a.Target),
                    "somebody waits for no pass that is on its way"
                )
        );
        var now = buffer.GetSnapshot();
        Assert.Equal(sentRecords, now.PassedOn + now.Refused + now.Lost + now.Depth);
        Assert.InRange(now.Depth, 0, now.Capacity);
    }

    void Arrived(BufferPartsForStage pass)
    {
        BufferTarget target = new(pass.Pipeline, pass.Stage, pass.Source);
        Assert.True(onTheirWay.TryAdd(target, pass), "two passes at a time");
        string[] ids = [.. pass.Records.ToArray().Select(r => r.Id)];
        Assert.Equal(ids.Length, pass.Parts.Sum());
        var numbers = ids.Select(id => sent[id].Number).ToArray();
        Assert.Equal(numbers.Order(), numbers);
        foreach (var id in ids)
        {
            var record = sent[id];
            Assert.Equal(target, record.Target);
            Assert.False(record.IsDone, "offered again");
            Assert.False(record.Asker is { } asker && Answered.Contains(asker), "what was answered is the sender's");
        }
        // In order from the first acceptance on: nothing that waits was enqueued before what goes.
        if (ids.Length > 0)
            Assert.DoesNotContain(
                sent.Values,
                s =>
                    s.Target == target
                    && s.Asker is null
                    && !s.IsDone
                    && s.Number < numbers[^1]
                    && !numbers.Contains(s.Number)
            );
        passed[pass.Pass] = ids;
        askersOf[pass.Pass] = Askers(ids, pass.Parts, target);
    }

    /// <summary>
    /// Whose part is whose; an empty part is that of the first who waits for an answer about nothing.
    /// </summary>
    TestProbe?[] Askers(string[] ids, IReadOnlyList<int> parts, BufferTarget target)
    {
        var from = 0;
        var empty = new Queue<TestProbe>(
            asked.Where(a => a.Ids.Length == 0 && a.Target == target && !Answered.Contains(a.Who)).Select(a => a.Who)
        );
        var askers = new TestProbe?[parts.Count];
        for (var i = 0; i < askers.Length; i++)
        {
            var part = ids[from..(from += parts[i])];
            askers[i] = part.Length == 0 ? empty.Dequeue() : sent[part[0]].Asker;
            Assert.All(part, id => Assert.Same(askers[i], sent[id].Asker));
        }
        return askers;
    }

    static OfferResult Took(int records) => new(OfferStatus.Accepted, records, records, 0, BackpressureSignal.None, 9);

    static OfferResult Whole(int records, int kind) =>
        kind switch
        {
            0 => Took(records) with { Status = OfferStatus.Duplicate, Accepted = records / 2 },
            1 => Took(records) with { Status = OfferStatus.Dropped, Accepted = 0 },
            _ => Took(records),
        };
}
