using System.Diagnostics;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>A stop in the midst of everything: each call that waits is answered, and the account balances.</summary>
[Collection(StressCollection.Name)]
public sealed class StopStressTests(ITestOutputHelper output)
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);
    static readonly string[] Sources = ["web", "log", "bus"];

    [Fact]
    public async Task A_stop_racing_with_all_calls_replies_to_all_and_conserves_all_records()
    {
        var random = new Random(StressSeed.Next(output, nameof(StopStressTests)));
        var watch = Stopwatch.StartNew();
        var rounds = 0;
        for (; watch.Elapsed < Duration; rounds++)
        {
            var run = new Run(random.Next());
            try
            {
                await run.PlayAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"round {rounds}: {run}", e);
            }
        }
        output.WriteLine($"{rounds} rounds");
        Assert.True(rounds > 1);
    }

    sealed class Run
    {
        readonly int seed;
        readonly TimeSpan deadline;
        readonly int runFor;
        readonly BufferManager<int> manager;
        long accepted,
            completed,
            hopped,
            results;

        public Run(int seed)
        {
            this.seed = seed;
            var random = new Random(seed);
            deadline = TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(40));
            runFor = random.Next(20);
            manager = new(
                new()
                {
                    MaxTotalRecords = 3 + random.Next(30),
                    MaxPerStage = 2 + random.Next(12),
                    MaxPerSource = 2 + random.Next(12),
                    Stage = new()
                    {
                        FullMode = random.Next(2) == 0 ? FullMode.Wait : FullMode.Reject,
                        Backoff = BackoffSettings.None,
                        MaxRetries = 1_000_000,
                    },
                }
            );
        }

        public override string ToString() =>
            $"seed {seed}, deadline {deadline}; {manager.Settings}; {manager.GetSnapshot()}";

        public async Task PlayAsync()
        {
            Task[] all =
            [
                .. Enumerable.Range(0, 3).Select(p => Task.Run(() => Offer(Sources[p], new Random(seed + p)))),
                .. Enumerable.Range(0, 2).Select(w => Task.Run(() => Hop(new Random(seed + 10 + w)))),
                .. Enumerable.Range(0, 2).Select(w => Task.Run(() => Store(new Random(seed + 20 + w)))),
                .. Sources.Select(s => Task.Run(() => Listen(s))),
            ];
            await Task.Delay(runFor);
            var reports = await Within.Reason(
                Task.WhenAll(
                    Task.Run(() => manager.StopAsync(deadline).AsTask()),
                    Task.Run(() => manager.StopAsync(deadline).AsTask())
                )
            );
            Assert.Same(reports[0], reports[1]);
            await Within.Reason(Task.WhenAll(all));
            var end = manager.GetSnapshot();
            Assert.True(end.IsConserved, end.ToString());
            Assert.All(end.Stages, s => Assert.Equal((0, 0), (s.WaitingOffers, s.WaitingConsumers)));
            Assert.Equal("Stopped", end.State);
            // offered = settled + lost by reason + pending, as those see it who offered and settled. No credit was asked for:
            // all room is of what is pending.
            Assert.Equal(accepted + results, completed + hopped + end.Total.Pending);
            Assert.Equal(end.Total.Completed, completed + hopped);
            // Results that were between two stages at that moment are in no stage's number.
            Assert.InRange(reports[0].RemainingByStage.Values.Sum(), 0, reports[0].Remaining);
            Assert.Equal(end.Total.Pending, end.Stages.Sum(s => s.Level.Pending));
            Assert.True(
                end.Total.Pending <= reports[0].Remaining + results,
                "nothing came in after the report but results of hops"
            );
            Assert.Equal(OfferStatus.Draining, manager.BufferForStage("parse", "web", 1).Status);
        }

        async Task Offer(string source, Random random)
        {
            while (true)
            {
                OfferResult result;
                if (random.Next(2) == 0)
                {
                    result = await manager.BufferBatchForStageAsync("parse", source, new int[1 + random.Next(6)]);
                    if (manager.Settings.Stage.FullMode == FullMode.Wait)
                        Assert.True(result.Status is OfferStatus.Accepted or OfferStatus.Draining, result.ToString());
                }
                else
                    result = manager.BufferForStage("parse", source, 1);
                Interlocked.Add(ref accepted, result.Accepted);
                if (result.Status == OfferStatus.Draining)
                    return;
                if (!result.IsAccepted)
                    await Task.Yield();
            }
        }

        async Task Hop(Random random)
        {
            while (true)
            {
                var lease = await manager.GetBatchAsync(
                    "parse",
                    new BatchRequest(1 + random.Next(4)) { Wait = true, OneSource = true }
                );
                if (lease.Count == 0)
                    return;
                var (inputs, outputs) = (lease.Count, random.Next(6));
                var result = await manager.HopAsync(lease, null, "store", new int[outputs]);
                Assert.True(result.IsOk);
                Interlocked.Add(ref hopped, inputs);
                Interlocked.Add(ref results, outputs);
            }
        }

        async Task Store(Random random)
        {
            while (true)
            {
                var lease = await manager.GetBatchAsync("store", 1 + random.Next(4));
                if (lease.Count == 0)
                    return;
                if (random.Next(4) == 0)
                    manager.ReturnToBuffer(lease, "failed");
                else
                    Interlocked.Add(ref completed, manager.Complete(lease).Settled);
            }
        }

        async Task Listen(string source)
        {
            using var subscription = manager.SubscribeSignals(source);
            while (await subscription.ReadAsync() is not null) { }
        }
    }
}
