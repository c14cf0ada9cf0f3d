using ConveyorActors.Cluster.Budgets;
using ConveyorActors.Tests;
using Xunit.Abstractions;

namespace ConveyorActors.Cluster.Tests.Budgets;

/// <summary>
/// The ledger and its pipelines in a model of a cluster: messages are lost, doubled and overtaken; singletons crash, or
/// live on beside their successors; pipelines die, live on as ghosts behind a partition, move, settle, and lose what
/// their journal has not got. At every step the records held by all pipelines stay within the budget.
/// </summary>
public class BudgetLedgerPropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void All_pipelines_together_never_hold_more_than_the_budget()
    {
        var seed = Thoroughness.Seed("CONVEYOR_SEED");
        output.WriteLine($"CONVEYOR_SEED={seed}");
        for (var i = 0; i < (Thoroughness.IsWhole ? 20_000 : 1_500); i++)
        {
            try
            {
                new Run(new Random(seed + i)).Play(300);
            }
            catch (Exception wrong)
            {
                throw new InvalidOperationException($"With CONVEYOR_SEED={seed + i}: {wrong.Message}", wrong);
            }
        }
    }

    sealed class Run
    {
        const string Source = "web";
        const long Expiry = 100,
            LongestUse = 110;

        readonly Random random;
        readonly long budget;
        readonly List<Pipeline> pipelines = [];
        readonly List<(long Epoch, IReadOnlyList<BudgetAccountState> Accounts)> journal = [];
        readonly List<Action> underWay = [];
        readonly List<Singleton> singletons = [];
        long now = 1;

        public Run(Random random)
        {
            this.random = random;
            budget = random.Next(1, 40);
            for (var i = random.Next(1, 5); i > 0; i--)
                pipelines.Add(new($"p{i}"));
            foreach (var pipeline in pipelines)
                pipeline.Open();
            StartSingleton();
        }

        /// <summary>A pipeline: its journal, its present incarnation and those before it that may live on.</summary>
        sealed class Pipeline(string name)
        {
            public BudgetKey Key { get; } = new(name, Source);

            public long Epoch { get; set; }

            public long WrittenHeld { get; set; }

            public Incarnation? Current { get; set; }

            public List<Incarnation> Ghosts { get; } = [];

            public BudgetNeed? Closing { get; set; }

            public void Open() => Current = new(this, ++Epoch, WrittenHeld);
        }

        /// <summary>An incarnation: what it holds in memory, of which the journal has an earlier state.</summary>
        sealed class Incarnation(Pipeline pipeline, long epoch, long held)
        {
            public Pipeline Pipeline { get; } = pipeline;

            public GrantedSource State { get; } = new(pipeline.Key, epoch, held);

            public long Held { get; set; } = held;

            /// <summary>
            /// What the next incarnation has recovered. What this one holds beyond that, in memory, counts beside the
            /// next one's.
            /// </summary>
            public long Recovered { get; set; }

            public long Admitted { get; set; }

            public long UsableUntil { get; set; }

            public long Number { get; set; }

            public long Epoch { get; } = epoch;
        }

        sealed class Singleton(BudgetLedger ledger)
        {
            public BudgetLedger Ledger { get; } = ledger;

            public long WrittenAt { get; set; }

            public int WrittenEvents { get; set; }

            public Dictionary<BudgetKey, (Incarnation By, long ReceivedAt, long SentAt)> Agents { get; } = [];
        }

        public void Play(int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                Step();
                Check();
            }
            Calm();
        }

        void Step()
        {
            var pipeline = pipelines[random.Next(pipelines.Count)];
            var incarnation =
                pipeline.Ghosts.Count > 0 && random.Next(4) == 0
                    ? pipeline.Ghosts[random.Next(pipeline.Ghosts.Count)]
                    : pipeline.Current;
            switch (random.Next(20))
            {
                case 0:
                    now += random.Next(1, 60);
                    break;
                case 1 or 2:
                    now++;
                    break;
                case 3 or 4 or 5 when incarnation is not null:
                    Accept(incarnation, random.Next(1, 10));
                    break;
                case 6 or 7 when incarnation is not null:
                    Settle(incarnation);
                    break;
                case 8 when incarnation is not null:
                    Write(incarnation);
                    break;
                case 9 or 10 when incarnation is not null:
                    Send(incarnation, random.Next(12));
                    break;
                case 11 when incarnation is not null:
                    Lower(
                        incarnation,
                        incarnation.State.Target < incarnation.State.Bound ? incarnation.State.Target : random.Next(6)
                    );
                    break;
                case 12 when incarnation is not null && incarnation.State.MustWrite && Write(incarnation):
                    incarnation.State.RecordWritten(incarnation.State.Version, incarnation.State.Bound);
                    break;
                case 13 or 14 when underWay.Count > 0:
                    Deliver();
                    break;
                case 15 when underWay.Count > 0 && random.Next(3) == 0:
                    underWay.RemoveAt(random.Next(underWay.Count));
                    break;
                case 16 when underWay.Count > 0 && random.Next(3) == 0:
                    underWay.Add(underWay[random.Next(underWay.Count)]);
                    break;
                case 17 when random.Next(3) == 0:
                    Move(pipeline);
                    break;
                case 18 when random.Next(4) == 0:
                    StartSingleton();
                    break;
                case 19:
                    foreach (var singleton in singletons.ToArray())
                        Tick(singleton);
                    break;
            }
            foreach (var one in pipelines.SelectMany(p => p.Ghosts.Append(p.Current)).OfType<Incarnation>())
                if (one.UsableUntil != 0 && now >= one.UsableUntil && one.State.Bound > one.Held)
                    Lower(one, 0);
        }

        void Accept(Incarnation one, long count)
        {
            if (now >= one.UsableUntil)
                return;
            var accepted = Math.Clamp(Math.Min(one.State.Admitted, one.Admitted) - one.Held, 0, count);
            one.Held += accepted;
        }

        void Settle(Incarnation one)
        {
            if (one.Held > 0)
                one.Held--;
        }

        /// <summary>Only the incarnation with the highest epoch can write.</summary>
        bool Write(Incarnation one)
        {
            if (!IsCurrent(one))
                return false;
            one.Pipeline.WrittenHeld = one.Held;
            return true;
        }

        static bool IsCurrent(Incarnation one) => one.Pipeline.Epoch == one.Epoch;

        void Lower(Incarnation one, long to)
        {
            one.Admitted = Math.Min(one.Admitted, to);
            one.State.LowerBound(Math.Max(one.Held, to));
        }

        void Send(Incarnation one, long wanted)
        {
            one.State.SetDesired(wanted == 0 ? 0 : one.Held + wanted);
            var (need, sentAt) = (one.State.CreateNeed(), now);
            underWay.Add(() => Receive(singletons[random.Next(singletons.Count)], need, one, sentAt));
        }

        void Deliver()
        {
            var place = random.Next(Math.Min(4, underWay.Count));
            var delivered = underWay[place];
            underWay.RemoveAt(place);
            delivered();
        }

        void Receive(Singleton to, BudgetNeed need, Incarnation? by, long sentAt)
        {
            if (to.Ledger.Report(need, now) && by is not null)
                to.Agents[need.Key] = (by, now, sentAt);
            to.Ledger.Expire(now);
            WriteAndTell(to, mustProve: now - to.WrittenAt > Expiry / 4);
        }

        void Tick(Singleton one)
        {
            one.Ledger.Expire(now);
            if (one.Ledger.HasChanges)
                WriteAndTell(one, mustProve: false);
        }

        void WriteAndTell(Singleton one, bool mustProve)
        {
            if (one.Ledger.HasChanges || mustProve)
            {
                if (one.WrittenEvents != journal.Count)
                {
                    singletons.Remove(one); // another one has written: it ends
                    return;
                }
                journal.Add((one.Ledger.Epoch, one.Ledger.TakeChanges()));
                (one.WrittenEvents, one.WrittenAt) = (journal.Count, now);
                if (random.Next(10) == 0 && singletons.Count == 1)
                {
                    StartSingleton(); // it dies between the write and the reply
                    singletons.Remove(one);
                    return;
                }
            }
            foreach (var account in one.Ledger.TakeUnsent())
            {
                if (!one.Agents.TryGetValue(account.Key, out var agent))
                    continue;
                var grant = one.Ledger.CreateGrant(account, one.WrittenAt + LongestUse);
                var until = agent.SentAt + one.WrittenAt + Expiry - agent.ReceivedAt;
                underWay.Add(() =>
                {
                    if (!agent.By.State.Take(grant))
                        return;
                    agent.By.UsableUntil = Math.Max(agent.By.UsableUntil, until);
                    agent.By.Admitted = agent.By.State.Admitted;
                });
            }
        }

        void StartSingleton()
        {
            var ledger = new BudgetLedger(new Dictionary<string, long> { [Source] = budget }, LongestUse);
            foreach (var (epoch, accounts) in journal)
                ledger.Recover(epoch, accounts);
            ledger.Begin(now);
            journal.Add((ledger.Epoch, ledger.TakeChanges()));
            if (random.Next(2) == 0)
                singletons.Clear(); // otherwise the one before lives on for a while
            singletons.Add(new(ledger) { WrittenAt = now, WrittenEvents = journal.Count });
        }

        void Move(Pipeline pipeline)
        {
            var one = pipeline.Current!;
            switch (random.Next(3))
            {
                case 0: // gracefully
                    Lower(one, 0);
                    Write(one);
                    pipeline.Closing = one.State.Close(one.Held);
                    SendClosing(pipeline);
                    break;
                case 1: // it dies
                    break;
                case 2: // it is cut off, and does not know it
                    pipeline.Ghosts.Add(one);
                    break;
            }
            one.Recovered = pipeline.WrittenHeld;
            pipeline.Open();
        }

        void SendClosing(Pipeline pipeline)
        {
            var need = pipeline.Closing!.Value;
            underWay.Add(() => Receive(singletons[^1], need, null, now));
        }

        /// <summary>
        /// What is pending: of each pipeline, the records of its present incarnation, or what the next one would
        /// recover if that is more.
        /// </summary>
        void Check()
        {
            foreach (var pipeline in pipelines)
                Assert.True(
                    pipeline.Current!.Held <= pipeline.Current.State.Bound,
                    "a pipeline holds more than its bound"
                );
            // A ghost accepts until its grant expires. What it has in memory then is in no journal, and lost: it is
            // pending nowhere.
            var held = pipelines.Sum(p =>
                Math.Max(p.Current!.Held, p.WrittenHeld)
                + p.Ghosts.Where(g => now < g.UsableUntil).Sum(g => Math.Max(0, g.Held - g.Recovered))
            );
            Assert.True(held <= budget, $"{held} are held, of {budget}");
            Assert.True(singletons.Count > 0);
        }

        /// <summary>
        /// Nothing is lost any more and everything settles: all room comes back, and any pipeline may have all of it.
        /// </summary>
        void Calm()
        {
            underWay.Clear();
            foreach (var pipeline in pipelines)
                pipeline.Ghosts.Clear();
            StartSingleton();
            singletons.RemoveRange(0, singletons.Count - 1);
            var last = singletons[0];
            for (var round = 0; round < 6; round++)
            {
                foreach (var pipeline in pipelines)
                {
                    pipeline.Current!.Held = 0;
                    Lower(pipeline.Current, 0);
                    Write(pipeline.Current);
                    pipeline.Current.State.RecordWritten(pipeline.Current.State.Version, pipeline.Current.State.Bound);
                    Send(pipeline.Current, 0);
                }
                while (underWay.Count > 0)
                {
                    Deliver();
                    if (singletons[0] != last)
                        last = singletons[0];
                }
                now += LongestUse + 1;
                Tick(singletons[0]);
            }
            Assert.Equal(0, singletons[0].Ledger.GetCharged(Source));
            var any = pipelines[random.Next(pipelines.Count)].Current!;
            for (var round = 0; round < 10 && any.State.Bound < budget; round++)
            {
                any.State.SetDesired(budget);
                var (need, sentAt) = (any.State.CreateNeed(), now);
                Receive(singletons[0], need, any, sentAt);
                while (underWay.Count > 0)
                    Deliver();
            }
            Assert.Equal(budget, any.State.Bound);
        }
    }
}
