using ConveyorActors.Buffers.Stages;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Properties;

/// <summary>
/// What a stage says of itself to consumers that wait is true: it wakes one when, and only when, there is something for
/// it.
/// </summary>
public sealed class ServablePropertyTests(ITestOutputHelper output)
{
    [Fact]
    public void A_stage_can_serve_exactly_when_a_lease_would_return_a_record() =>
        RandomRuns.Check(output, 2_000, actions => new Run(actions.Length).Play(actions));

    sealed class Run(int seed)
    {
        readonly StageBuffer<int> stage = new(
            "p",
            "s",
            new()
            {
                TimeToLive = TimeSpan.FromMilliseconds(40),
                LeaseTimeout = TimeSpan.FromMilliseconds(25),
                Quantum = 2,
                MaxRetries = 2,
                LeaseOrder = seed % 2 == 0 ? LeaseOrder.OneLeasePerSource : LeaseOrder.Shared,
                Backoff = new() { First = TimeSpan.FromMilliseconds(5), Max = TimeSpan.FromMilliseconds(10) },
            },
            ms => DateTimeOffset.UnixEpoch.AddMilliseconds(ms),
            null,
            seed
        );
        readonly List<Lease<int>> held = [];
        long now;

        public void Play(int[] actions)
        {
            foreach (var action in actions)
            {
                var digits = new Digits(action);
                var (kind, source, number) = (digits.Next(8), digits.Next(3), digits.Next(40));
                switch (kind)
                {
                    case 0 or 1:
                        stage.Add($"{source}", Enumerable.Range(0, 1 + number % 4).ToArray(), [], now);
                        break;
                    case 2:
                        Keep(
                            stage.GetBatch(
                                1 + number % 5,
                                now,
                                heldLease: held.Count > 0 && number % 3 == 0 ? held[^1].Id : 0
                            )
                        );
                        break;
                    case 3:
                        stage.Oldest.Drop(now);
                        break;
                    case 4:
                        now += number;
                        stage.ProcessDue(now);
                        break;
                    case 5 when held.Count > 0:
                        stage.Complete(held[number % held.Count].Id, null, now);
                        break;
                    case 6 when held.Count > 0:
                        stage.ReturnToBuffer(held[number % held.Count].Id, null, "failed", number % 2 == 0, now);
                        break;
                    case 7:
                        stage.Settings = stage.Settings with
                        {
                            TimeToLive = number % 2 == 0 ? null : TimeSpan.FromMilliseconds(1 + number),
                        };
                        break;
                }
                Check();
            }
        }

        void Check()
        {
            stage.ProcessDue(now);
            var says = stage.CanServeNow;
            var lease = stage.GetBatch(1, now);
            Assert.Equal(says, lease is not null);
            if (lease is not null)
                stage.ReturnToBuffer(lease.Id, null, "not tried", charge: false, now);
            stage.AssertInvariants();
        }

        void Keep(Lease<int>? lease)
        {
            if (lease is not null)
                held.Add(lease);
        }
    }
}
