using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Storage.Tests;

/// <summary>What a pipeline remembers when its directory is opened again.</summary>
public sealed class ReopeningTests : IAsyncLifetime
{
    const string Pipeline = "p",
        Stage = "filter",
        Source = "kafka-1";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly TempDirectory temp = new();
    FakeClock clock = new();
    EmbeddedBufferService service = null!;
    BufferSettings settings = new();

    public Task InitializeAsync()
    {
        service = Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        temp.Dispose();
    }

    [Fact]
    public async Task Records_are_restored_in_order_with_their_properties_and_leases_are_void()
    {
        await Offer("a1", "a2", "a3", "a4");
        var before = await service.PeekAsync(Pipeline, Stage, 10);
        var lease = await Lease(3);
        await service.ReturnToBufferAsync(Pipeline, Stage, lease.Id, [lease.Records[0].Sequence], "failed");

        await Reopen(TimeSpan.FromMinutes(1));

        var after = await Lease(10);
        Assert.Equal("a1 a2 a3 a4", Ids(after));
        Assert.Equal([1, 0, 0, 0], after.Records.Select(r => r.RetryCount));
        Assert.Equal(
            before.Select(r => (r.Sequence, r.BufferedAt)),
            after.Records.Select(r => (r.Sequence, r.BufferedAt))
        );
        Assert.Equal(SettleStatus.Ok, (await service.CompleteAsync(Pipeline, Stage, after.Id)).Status);
    }

    [Fact]
    public async Task Large_ids_keys_and_headers_count_as_many_bytes_as_before()
    {
        await Offer(new string('a', 1_000), new string('b', 2_000), "c");
        var before = (await service.GetSnapshotAsync(Pipeline)).Total.PendingBytes;
        Assert.Equal(10 + 2_000 - 512 + 10 + 4_000 - 512 + 10, before);

        await Reopen();

        Assert.Equal(before, (await service.GetSnapshotAsync(Pipeline)).Total.PendingBytes);
        await service.CompleteAsync(Pipeline, Stage, (await Lease(3)).Id);
        Assert.Equal(0, (await service.GetSnapshotAsync(Pipeline)).Total.PendingBytes);
    }

    [Fact]
    public async Task A_headers_dictionary_that_is_changed_after_the_offer_changes_nothing_on_disk()
    {
        const int records = 200;
        var headers = new ConcurrentDictionary<string, string>();
        using var end = new CancellationTokenSource();
        var changing = Task.Run(() =>
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                headers[$"h{i % 50}"] = $"{i}";
                headers.TryRemove($"h{(i + 25) % 50}", out _);
            }
        });
        for (var i = 0; i < records; i++)
            Assert.True(
                (
                    await service.BufferForStageAsync(
                        Pipeline,
                        Stage,
                        Source,
                        Make($"{i}") with
                        {
                            Headers = headers,
                        },
                        AckLevel.Persisted
                    )
                ).IsAccepted
            );
        await end.CancelAsync();
        await changing;

        await Reopen();

        Assert.Equal(
            Enumerable.Range(0, records).Select(i => $"{i}"),
            (await Lease(records)).Records.Select(r => r.Record.Id)
        );
    }

    [Fact]
    public async Task A_directory_serves_one_service_only()
    {
        var directory = DataDirectory.Open(Path.Combine(temp.Path, "shared"));
        await using var first = new EmbeddedBufferService(clock, directory);
        await using var second = new EmbeddedBufferService(clock, directory);
        await first.BufferForStageAsync(Pipeline, Stage, Source, Make("a"));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await second.BufferForStageAsync(Pipeline, Stage, Source, Make("b"))
        );

        Assert.Equal(
            $"The stores of this service are used by another one, which has opened pipeline '{Pipeline}'; each service must have stores of its own.",
            error.Message
        );
        Assert.Equal("a", Ids(await first.GetBatchAsync(Pipeline, Stage, new BatchRequest(10))));
    }

    [Fact]
    public async Task A_disposed_service_refuses_what_it_can_no_longer_store()
    {
        await Offer("a");
        var lease = await Lease(1);
        await service.DisposeAsync();
        Func<Task>[] changes =
        [
            () => service.CompleteAsync(Pipeline, Stage, lease.Id, null, new Checkpoint("key", "value")).AsTask(),
            () => service.CompleteAsync(Pipeline, Stage, lease.Id).AsTask(),
            () => service.DeadLetterAsync(Pipeline, Stage, lease.Id, null, "bad").AsTask(),
            () => service.HopAsync(Pipeline, Stage, lease.Id, null, "next", new[] { Make("b") }).AsTask(),
            () => service.StartHopAsync(Pipeline, Stage, lease.Id, null, "next", new[] { Make("b") }).AsTask(),
            () => service.ResumeAsync(Pipeline, HoldTarget.Source, Source).AsTask(),
            () => service.ReplayDeadLettersAsync(Pipeline, Stage).AsTask(),
            () => service.PurgeDeadLettersAsync(Pipeline, Stage).AsTask(),
            () => service.SetCheckpointAsync(Pipeline, new("key", "value")).AsTask(),
            () => service.SetPositionAsync(Pipeline, Source, new(1, 1)).AsTask(),
            () => service.PauseAsync(Pipeline, HoldTarget.Source, Source).AsTask(),
            () => service.ConfigureAsync(Pipeline, new() { MaxTotalRecords = 5 }).AsTask(),
            () => service.ConfigureStageAsync(Pipeline, Stage, new()).AsTask(),
        ];
        foreach (var change in changes)
            await Assert.ThrowsAsync<ObjectDisposedException>(change);
        await Reopen();
        Assert.Null(await service.GetCheckpointAsync(Pipeline, "key"));
        Assert.Equal("a", Ids(await Lease(1)));
    }

    // Attributes cannot hold half of a surrogate pair.
    static readonly (string, string)[] Pairs =
    [
        ("a\uD800", "a\uD801"),
        ("\uDFFFa", "\uDFFEa"),
        ("\uDBFF\uDFFF", "\uDBFF\uDFFF\uDBFF\uDFFF"),
        ("\uDBFF\uDFFF\uE000", "\uD800\uE000"),
        ("é", "e\u0301"),
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Different_names_and_texts_stay_distinct_with_any_content(int pair)
    {
        var (one, other) = Pairs[pair];
        foreach (var name in new[] { one, other })
        {
            var record = new ConveyorRecord(name, default)
            {
                Key = name + "\0" + name,
                Headers = new Dictionary<string, string> { [name] = name + "\0" },
            };
            foreach (
                var (pipeline, stage, source) in new[]
                {
                    (name, "s", "x"),
                    (Pipeline, name, "x"),
                    (Pipeline, "s", name),
                }
            )
                Assert.True(
                    (await service.BufferForStageAsync(pipeline, stage, source, record, AckLevel.Persisted)).IsAccepted
                );
            await service.SetCheckpointAsync(Pipeline, new(name, $"{name}\0{name}"));
        }

        await Reopen();

        foreach (var name in new[] { one, other })
        {
            foreach (var (pipeline, stage) in new[] { (name, "s"), (Pipeline, name) })
            {
                var kept = Assert.Single(await service.PeekAsync(pipeline, stage, 10)).Record;
                Assert.Equal((name, name + "\0" + name, name + "\0"), (kept.Id, kept.Key, kept.Headers[name]));
            }
            Assert.Equal($"{name}\0{name}", await service.GetCheckpointAsync(Pipeline, name));
        }
        Assert.Equal([one, other], (await service.PeekAsync(Pipeline, "s", 10)).Select(r => r.SourceId));
    }

    [Fact]
    public async Task Holds_survive_a_restart_and_resumed_targets_stay_resumed()
    {
        await Offer("a1");
        Assert.True(await service.PauseAsync(Pipeline, HoldTarget.Source, Source));
        Assert.True(await service.PauseAsync(Pipeline, HoldTarget.Source, "not yet there"));
        Assert.True(await service.PauseAsync(Pipeline, HoldTarget.Stage, "naïve stage, 2 words"));
        Assert.True(await service.PauseAsync(Pipeline, HoldTarget.Stage, Stage));
        Assert.True(await service.PauseAsync(Pipeline, HoldTarget.Source, "half a pair \ud83d"));
        Assert.True(await service.PauseAsync("nothing but a hold", HoldTarget.Source, Source));
        Assert.True(await service.ResumeAsync(Pipeline, HoldTarget.Stage, "naïve stage, 2 words"));
        var before = (await service.GetSnapshotAsync(Pipeline)).Holds;
        Assert.Equal(
            OfferStatus.Held,
            (await service.BufferForStageAsync(Pipeline, Stage, Source, new("a2", default))).Status
        );

        await Reopen(TimeSpan.FromMinutes(1));

        Assert.Equal(before, (await service.GetSnapshotAsync(Pipeline)).Holds);
        Assert.Equal(
            OfferStatus.Held,
            (await service.BufferForStageAsync(Pipeline, Stage, Source, new("a2", default))).Status
        );
        Assert.Equal(
            OfferStatus.Held,
            (await service.BufferForStageAsync(Pipeline, Stage, "not yet there", new("b1", default))).Status
        );
        Assert.Equal(
            OfferStatus.Held,
            (await service.BufferForStageAsync("nothing but a hold", Stage, Source, new("c1", default))).Status
        );
        Assert.Equal(0, (await Lease(1)).Count);
        Assert.Equal(TimeSpan.FromMinutes(1), (await service.ExplainAsync(Pipeline, Source))[0].Since);
        Assert.Equal(
            2,
            (await service.GetSnapshotAsync(Pipeline))
                .Losses.Single(l => l.Reason == LossReason.Held && l.Source == Source)
                .Count
        );

        Assert.True(await service.ResumeAsync(Pipeline, HoldTarget.Stage, Stage));
        Assert.True(await service.ResumeAsync(Pipeline, HoldTarget.Source, Source));
        await Reopen();
        Assert.Equal("a1", Ids(await Lease(1)));
        Assert.Equal(
            ["half a pair \ud83d", "not yet there"],
            (await service.GetSnapshotAsync(Pipeline)).Holds.Select(h => h.Name)
        );
    }

    [Fact]
    public async Task A_users_checkpoint_cannot_replace_the_checkpoint_of_the_holds()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(async () =>
            await service.SetCheckpointAsync(Pipeline, new("conveyor.operator-holds", ""))
        );
        Assert.Contains("checkpoint.Key is 'conveyor.operator-holds'", refused.Message, StringComparison.Ordinal);
        await service.PauseAsync(Pipeline, HoldTarget.Source, Source);
        Assert.Null(await service.GetCheckpointAsync(Pipeline, "conveyor.operator-holds"));
    }

    [Fact]
    public async Task A_record_keeps_all_of_its_members()
    {
        var record = new ConveyorRecord("id", new byte[] { 0, 255, 10 })
        {
            Key = "k",
            EventTime = new DateTimeOffset(2020, 2, 3, 4, 5, 6, TimeSpan.FromHours(2)),
            Position = new(77, 3),
            Headers = new Dictionary<string, string> { ["one"] = "1", ["два"] = "" },
        };
        await service.BufferForStageAsync(Pipeline, Stage, Source, record, AckLevel.Persisted);

        await Reopen();

        var kept = (await service.PeekAsync(Pipeline, Stage, 1)).Single().Record;
        Assert.Equal(
            (record.Id, record.Key, record.EventTime, record.Position),
            (kept.Id, kept.Key, kept.EventTime, kept.Position)
        );
        Assert.Equal(record.Payload.ToArray(), kept.Payload.ToArray());
        Assert.Equal(record.Headers.OrderBy(h => h.Key), kept.Headers.OrderBy(h => h.Key));
        Assert.Equal(new SourcePosition(77, 3), await service.GetPositionAsync(Pipeline, Source));
    }

    [Fact]
    public async Task A_backoff_continues_from_its_last_value_and_never_exceeds_its_maximum()
    {
        settings = new()
        {
            Stage = new()
            {
                Backoff = new()
                {
                    First = TimeSpan.FromSeconds(10),
                    Max = TimeSpan.FromSeconds(10),
                    Jitter = 0,
                },
            },
        };
        await service.ConfigureAsync(Pipeline, settings);
        await Offer("a");
        await service.ReturnToBufferAsync(Pipeline, Stage, (await Lease(1)).Id, null, "failed");

        await Reopen(TimeSpan.FromSeconds(4));
        Assert.Equal(0, (await Lease(1)).Count);
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal("a", Ids(await Lease(1)));

        await Reopen(TimeSpan.FromDays(-1)); // the clock was set back
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("a", Ids(await Lease(1)));
    }

    [Fact]
    public async Task A_time_to_live_counts_from_when_the_record_was_accepted()
    {
        settings = new() { Stage = new() { TimeToLive = TimeSpan.FromMinutes(10) } };
        await service.ConfigureAsync(Pipeline, settings);
        await Offer("old");
        clock.Advance(TimeSpan.FromMinutes(5));
        await Offer("new");

        await Reopen(TimeSpan.FromMinutes(7));

        Assert.Equal("new", Ids(await Lease(10)));
        var total = (await service.GetSnapshotAsync(Pipeline)).Total;
        Assert.Equal((1, true), (total.Expired, total.IsConserved));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("an id of more than 64 characters, of which only the hash is remembered")]
    public async Task The_duplicate_window_includes_settled_records(string id)
    {
        settings = new()
        {
            Stage = new()
            {
                Duplicates = new() { Time = TimeSpan.FromMinutes(10), Count = 100 },
            },
        };
        await service.ConfigureAsync(Pipeline, settings);
        await Offer(id);
        await service.CompleteAsync(Pipeline, Stage, (await Lease(1)).Id);

        await Reopen(TimeSpan.FromMinutes(5));
        Assert.Equal(
            OfferStatus.Duplicate,
            (await service.BufferForStageAsync(Pipeline, Stage, Source, Make(id))).Status
        );

        await Reopen(TimeSpan.FromMinutes(6));
        Assert.Equal(
            OfferStatus.Accepted,
            (await service.BufferForStageAsync(Pipeline, Stage, Source, Make(id))).Status
        );
    }

    [Fact]
    public async Task Dead_letters_are_listed_in_order_and_can_be_replayed()
    {
        await Offer("a", "b", "c");
        await service.DeadLetterAsync(Pipeline, Stage, (await Lease(3)).Id, null, "poison");

        await Reopen(TimeSpan.FromHours(1));

        var letters = await service.GetDeadLettersAsync(Pipeline, Stage, 10);
        Assert.Equal(["a", "b", "c"], letters.Select(l => l.Record.Record.Id));
        Assert.All(letters, l => Assert.Equal((LossReason.Rejected, "poison"), (l.Reason, l.LastError)));
        Assert.Equal(2, await service.ReplayDeadLettersAsync(Pipeline, Stage, 2));
        await Reopen();
        Assert.Equal("a b", Ids(await Lease(10)));
        Assert.Equal("c", (await service.GetDeadLettersAsync(Pipeline, Stage, 10)).Single().Record.Record.Id);
        Assert.True((await service.GetSnapshotAsync(Pipeline)).IsConserved);
    }

    [Fact]
    public async Task The_ledger_continues_counting()
    {
        settings = new() { MaxPerStage = 2 };
        await service.ConfigureAsync(Pipeline, settings);
        await Offer("a", "b");
        await service.BufferForStageAsync(Pipeline, Stage, Source, Make("c"));
        await service.CompleteAsync(Pipeline, Stage, (await Lease(1)).Id);

        await Reopen();

        var total = (await service.GetSnapshotAsync(Pipeline)).Total;
        Assert.Equal((3, 1, 1, 1), (total.Offered, total.Refused, total.Completed, total.Pending));
        Assert.True(total.IsConserved);
    }

    [Fact]
    public async Task Results_that_waited_for_room_are_transferred_in_order_and_before_new_ones()
    {
        settings = new()
        {
            MaxPerStage = 2,
            Stage = new() { LeaseOrder = LeaseOrder.Shared },
        };
        await service.ConfigureAsync(Pipeline, settings);
        await Offer("a");
        var lease = await Lease(1);
        var hop = service
            .HopAsync(
                Pipeline,
                Stage,
                lease.Id,
                null,
                "next",
                Enumerable.Range(1, 5).Select(i => Make($"r{i}")).ToArray()
            )
            .AsTask();
        Assert.Equal(3, (await service.GetSnapshotAsync(Pipeline)).Total.Hopping);

        await Reopen();
        await hop;

        Assert.Equal(3, (await service.GetSnapshotAsync(Pipeline)).Total.Hopping);
        Assert.Equal(
            OfferStatus.StageFull,
            (await service.BufferForStageAsync(Pipeline, "next", "other", Make("new"))).Status
        );
        var ids = new List<string>();
        for (var left = 5; left > 0; )
        {
            var batch = await service
                .GetBatchAsync(Pipeline, "next", new BatchRequest(1) { Wait = true })
                .AsTask()
                .WaitAsync(Patience);
            ids.AddRange(batch.Records.Select(r => r.Record.Id));
            left -= batch.Count;
            await service.CompleteAsync(Pipeline, "next", batch.Id);
        }
        Assert.Equal(["r1", "r2", "r3", "r4", "r5"], ids);
        Assert.Equal(0, (await service.GetSnapshotAsync(Pipeline)).Total.Pending);
        await Reopen();
        Assert.Equal(0, (await service.GetSnapshotAsync(Pipeline)).Total.Pending);
    }

    [Fact]
    public async Task A_checkpoint_is_stored_together_with_its_settlement()
    {
        await service.SetCheckpointAsync(Pipeline, new Checkpoint("first", "1"));
        await Offer("a", "b");
        await service.CompleteAsync(Pipeline, Stage, (await Lease(1)).Id, null, new Checkpoint("sink", "10"));
        var late = await Lease(1);
        await service.CompleteAsync(Pipeline, Stage, late.Id);
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await service.CompleteAsync(Pipeline, Stage, late.Id, null, new Checkpoint("sink", "99"))).Status
        );

        await Reopen();

        Assert.Equal(
            ("1", "10", null),
            (
                await service.GetCheckpointAsync(Pipeline, "first"),
                await service.GetCheckpointAsync(Pipeline, "sink"),
                await service.GetCheckpointAsync(Pipeline, "none")
            )
        );
    }

    [Fact]
    public async Task A_position_can_be_stored_without_a_record()
    {
        await service.BufferForStageAsync(Pipeline, Stage, Source, Make("a") with { Position = new(10, 1) });
        await service.SetPositionAsync(Pipeline, Source, new(25, 2));
        await service.SetPositionAsync(Pipeline, "other", default);

        await Reopen();

        Assert.Equal(
            (new SourcePosition(25, 2), default, null),
            (
                await service.GetPositionAsync(Pipeline, Source),
                (await service.GetPositionAsync(Pipeline, "other"))!.Value,
                await service.GetPositionAsync(Pipeline, "none")
            )
        );
    }

    [Fact]
    public async Task A_replayed_dead_letter_does_not_move_its_source_back()
    {
        await service.BufferForStageAsync(Pipeline, Stage, Source, Make("a") with { Position = new(10, 1) });
        await service.DeadLetterAsync(Pipeline, Stage, (await Lease(1)).Id, null, "bad");
        await service.BufferForStageAsync(Pipeline, Stage, Source, Make("b") with { Position = new(20, 2) });

        Assert.Equal(1, await service.ReplayDeadLettersAsync(Pipeline, Stage));
        await Reopen();
        Assert.Equal(new SourcePosition(20, 2), await service.GetPositionAsync(Pipeline, Source));

        await service.BufferForStageAsync(Pipeline, Stage, Source, Make("c") with { Position = new(30, 3) });
        await Reopen();
        Assert.Equal(new SourcePosition(30, 3), await service.GetPositionAsync(Pipeline, Source));
    }

    [Fact]
    public async Task Stopping_reports_that_remaining_records_will_be_kept()
    {
        await Offer("a", "b");

        var report = await service.StopAsync(Pipeline, TimeSpan.Zero);

        Assert.Equal((2, true), (report.Remaining, report.IsDurable));
        await Reopen();
        Assert.Equal("a b", Ids(await Lease(10)));
    }

    [Fact]
    public async Task Pipelines_are_separate_and_all_exist_from_the_start()
    {
        await Offer("a");
        await service.BufferForStageAsync("other", Stage, Source, Make("b"));

        await Reopen();

        Assert.Equal(["other", Pipeline], await service.GetPipelinesAsync());
        Assert.Equal("b", (await service.PeekAsync("other", Stage, 10)).Single().Record.Id);
        Assert.Equal("a", Ids(await Lease(10)));
    }

    [Fact]
    public async Task A_backlog_larger_than_the_limits_is_loaded_in_order_and_does_not_starve_others()
    {
        settings = new()
        {
            MaxTotalRecords = 100_000,
            MaxPerStage = 100_000,
            MaxPerSource = 100_000,
        };
        await service.ConfigureAsync(Pipeline, settings);
        foreach (var source in new[] { "x", "y" })
            await service.BufferBatchForStageAsync(
                Pipeline,
                Stage,
                source,
                Enumerable.Range(1, 3_000).Select(i => Make($"{source}{i}")).ToArray()
            );

        settings = new()
        {
            MaxTotalRecords = 100,
            MaxPerStage = 100,
            MaxPerSource = 80,
        };
        await Reopen();

        var total = (await service.GetSnapshotAsync(Pipeline)).Total;
        Assert.Equal(6_000, total.Pending);
        Assert.True(total.Used <= 60, "more was loaded than up to the low watermark");
        var expected = new Dictionary<string, int>
        {
            ["x"] = 0,
            ["y"] = 0,
            ["z"] = 0,
        };
        var newOnes = 0;
        for (var taken = 0; taken < 6_000; )
        {
            var lease = await service
                .GetBatchAsync(Pipeline, Stage, new BatchRequest(50) { Wait = true })
                .AsTask()
                .WaitAsync(Patience);
            foreach (var record in lease.Records)
                Assert.Equal($"{record.SourceId}{++expected[record.SourceId]}", record.Record.Id);
            taken += lease.Records.Count(r => r.SourceId != "z");
            await service.CompleteAsync(Pipeline, Stage, lease.Id);
            var snapshot = await service.GetSnapshotAsync(Pipeline);
            var level = snapshot.Total;
            Assert.True(level.IsConserved, level.ToString());
            Assert.True(level.Used <= 100, $"{level.Used} are in memory");
            // A source with a backlog must wait for it: nothing overtakes. Another source gets in while the backlog
            // lasts.
            if (snapshot.Sources.Single(s => s.Source == "x").Level.Stored > 100)
                Assert.Equal(OfferStatus.SourceFull, await OfferWhileStored("x"));
            if ((await service.BufferForStageAsync(Pipeline, Stage, "z", Make($"z{newOnes + 1}"))).IsAccepted)
                newOnes++;
        }
        Assert.True(newOnes > 20, $"only {newOnes} new records got in");
        Assert.Equal((3_000, 3_000), (expected["x"], expected["y"]));
    }

    async Task<OfferStatus> OfferWhileStored(string source) =>
        (await service.BufferForStageAsync(Pipeline, Stage, source, Make("late"))).Status is var status
        && status is OfferStatus.SourceFull or OfferStatus.StageFull or OfferStatus.GlobalFull
            ? OfferStatus.SourceFull
            : status;

    [Fact]
    public async Task Records_settled_before_a_transaction_are_counted_but_not_written()
    {
        for (var round = 0; round < 200; round++)
        {
            await service.BufferBatchForStageAsync(
                Pipeline,
                Stage,
                Source,
                Enumerable.Range(0, 100).Select(i => Make($"{i}", 100)).ToArray()
            );
            await service.CompleteAsync(Pipeline, Stage, (await Lease(100)).Id);
        }
        await Reopen();
        var total = (await service.GetSnapshotAsync(Pipeline)).Total;
        Assert.Equal((20_000, 20_000, 0), (total.Accepted, total.Completed, total.Pending));
    }

    [Fact]
    public async Task A_record_that_waits_long_does_not_keep_its_neighbours_on_the_disk()
    {
        await service.ConfigureAsync(Pipeline, settings = new() { MaxPerStage = 100_000, MaxPerSource = 100_000 });
        for (var round = 0; round < 40; round++)
        {
            // The first of each round stays.
            await service.BufferBatchForStageAsync(
                Pipeline,
                Stage,
                $"stays-{round}",
                new[] { Make($"stays-{round}", 1_000) }
            );
            await service.BufferBatchForStageAsync(
                Pipeline,
                Stage,
                "goes",
                Enumerable.Range(0, 100).Select(i => Make($"{i}", 1_000)).ToArray(),
                AckLevel.Persisted
            );
            while ((await service.PeekAsync(Pipeline, Stage, 1_000)).Any(r => r.SourceId == "goes"))
            {
                var lease = await Lease(200);
                await service.CompleteAsync(
                    Pipeline,
                    Stage,
                    lease.Id,
                    [.. lease.Records.Where(r => r.SourceId == "goes").Select(r => r.Sequence)]
                );
                await service.ReturnToBufferAsync(Pipeline, Stage, lease.Id, null, "stays", charge: false);
            }
            await service.FlushAsync(Pipeline);
        }
        await service.DisposeAsync();
        await using (var directory = DataDirectory.Open(temp.Path))
        {
            var stage = directory.ReadContents().Pipelines.Single().Stages.Single();
            Assert.Equal(40, stage.Pending);
            lock (directory.Model.Gate)
                Assert.InRange(
                    directory.Model.Queues.Values.Sum(q => q.Groups.Sum(g => (long)g.Size)),
                    40_000,
                    400_000
                );
        }
        service = Open();
        await service.ConfigureAsync(Pipeline, settings);
        Assert.Equal(
            Enumerable.Range(0, 40).Select(i => $"stays-{i}").Order(),
            (await Lease(1_000)).Records.Select(r => r.Record.Id).Order()
        );
    }

    public static TheoryData<string, Func<IBufferService, LeasedBatch, ValueTask<SettleResult>>> Ways =>
        new()
        {
            { "complete", (s, l) => s.CompleteAsync(Pipeline, Stage, l.Id) },
            { "complete some", (s, l) => s.CompleteAsync(Pipeline, Stage, l.Id, [l.Records[0].Sequence]) },
            {
                "complete with a note",
                (s, l) => s.CompleteAsync(Pipeline, Stage, l.Id, null, new Checkpoint("k", "late"))
            },
            { "return", (s, l) => s.ReturnToBufferAsync(Pipeline, Stage, l.Id, null, "late") },
            { "dead-letter", (s, l) => s.DeadLetterAsync(Pipeline, Stage, l.Id, null, "late") },
            { "abandon", (s, l) => s.AbandonAsync(Pipeline, Stage, l.Id, "late") },
            { "renew", (s, l) => s.RenewAsync(Pipeline, Stage, l.Id) },
            { "hop", (s, l) => s.StartHopAsync(Pipeline, Stage, l.Id, null, "next", new[] { Make("late") }) },
        };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_lease_from_before_the_restart_settles_nothing(
        string way,
        Func<IBufferService, LeasedBatch, ValueTask<SettleResult>> settle
    )
    {
        await Offer("a");
        var late = await Lease(1);
        await Reopen();
        var holder = await Lease(1);
        Assert.Equal(late.Records[0].Sequence, holder.Records[0].Sequence);
        Assert.NotEqual(late.Id, holder.Id);
        var refused = await settle(service, late);
        Assert.True(refused is { Status: SettleStatus.UnknownLease, Settled: 0 }, $"{way}: {refused}");
        Assert.Null(await service.GetCheckpointAsync(Pipeline, "k"));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await service.CompleteAsync(Pipeline, Stage, holder.Id));
    }

    [Fact]
    public async Task Credits_from_before_the_restart_are_void_and_return_nothing_of_others()
    {
        var late = await service.RequestCreditsAsync(Pipeline, Stage, Source, 5, TimeSpan.FromDays(1));
        await Offer("a");
        await Reopen();
        Assert.Equal(0, (await service.GetSnapshotAsync(Pipeline)).Total.Granted);
        var grant = await service.RequestCreditsAsync(Pipeline, Stage, Source, 7, TimeSpan.FromDays(1));
        Assert.NotEqual(late.Id, grant.Id);
        Assert.Equal(
            (0, 7),
            (await service.GiveBackCreditsAsync(Pipeline, late), await service.GiveBackCreditsAsync(Pipeline, grant))
        );
    }

    [Fact]
    public async Task A_poison_record_is_found_alone_across_a_restart()
    {
        await service.ConfigureAsync(
            Pipeline,
            settings = new()
            {
                Stage = new() { MaxRetries = 2, Backoff = BackoffSettings.None },
            }
        );
        await Offer([.. Enumerable.Range(1, 20).Select(i => $"r{i}")]);
        var done = new List<string>();
        for (var deaths = 0; await Lease(100) is { Count: > 0 } lease; )
        {
            if (lease.Records.Any(r => r.Record.Id == "r13"))
            {
                await service.AbandonAsync(Pipeline, Stage, lease.Id, "the consumer died");
                Assert.InRange(++deaths, 1, 20);
                if (deaths is 3 or 7)
                    await Reopen(); // before it is charged, and once it is
                continue;
            }
            Assert.All(lease.Records, r => Assert.Equal(0, r.RetryCount));
            done.AddRange(lease.Records.Select(r => r.Record.Id));
            await service.CompleteAsync(Pipeline, Stage, lease.Id);
        }
        Assert.Equal(19, done.Distinct().Count());
        Assert.Equal(19, done.Count);
        Assert.Equal("r13", Assert.Single(await service.GetDeadLettersAsync(Pipeline, Stage, 10)).Record.Record.Id);
    }

    [Fact]
    public async Task Dead_letters_keep_their_bytes_and_a_lower_bound_holds_from_the_next_on()
    {
        await Offer("a", "b", "c", "d");
        // 10 bytes and 3 characters each
        await service.DeadLetterAsync(Pipeline, Stage, (await Lease(3)).Id, null, "bad");
        settings = new() { Stage = new() { MaxDeadLetterBytes = 2 * 16 } };
        await Reopen();
        Assert.Equal(
            (3, 48),
            (await LettersAsync(), (await service.GetSnapshotAsync(Pipeline)).Stages.Single().DeadLetterBytes)
        );
        await service.DeadLetterAsync(Pipeline, Stage, (await Lease(1)).Id, null, "bad");
        Assert.Equal(2, await LettersAsync());
        await Reopen();
        var stage = (await service.GetSnapshotAsync(Pipeline)).Stages.Single();
        Assert.Equal((2, 2, 32), (stage.DeadLetters, stage.DeadLettersDiscarded, stage.DeadLetterBytes));

        async Task<int> LettersAsync() => (await service.GetDeadLettersAsync(Pipeline, Stage, 10)).Count;
    }

    EmbeddedBufferService Open() => new(clock, DataDirectory.Open(temp.Path));

    /// <summary>Ends the service and begins another one, on a clock that has gone on.</summary>
    async Task Reopen(TimeSpan later = default)
    {
        await service.DisposeAsync();
        clock = new(clock.GetUtcNow() + later);
        service = Open();
        await service.ConfigureAsync(Pipeline, settings);
    }

    async Task Offer(params string[] ids) =>
        Assert.Equal(
            ids.Length,
            (
                await service.BufferBatchForStageAsync(Pipeline, Stage, Source, ids.Select(i => Make(i)).ToArray())
            ).Accepted
        );

    async Task<LeasedBatch> Lease(int max) => await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(max));

    static string Ids(LeasedBatch batch) => string.Join(' ', batch.Records.Select(r => r.Record.Id));

    static ConveyorRecord Make(string id, int bytes = 10) => new(id, new byte[bytes]);
}
