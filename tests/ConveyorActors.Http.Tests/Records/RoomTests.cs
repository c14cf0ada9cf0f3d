using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using ConveyorActors.Buffers;
using ConveyorActors.Http.Records;
using ConveyorActors.Storage;

namespace ConveyorActors.Http.Tests.Records;

/// <summary>What a client is told when there is no room, and what it must send again.</summary>
public sealed class RoomTests
{
    [Fact]
    public async Task A_body_is_accepted_as_a_prefix_and_the_reply_has_the_count_and_the_reason()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 3 });

        var reply = await Serving.OkAsync(await serving.OfferAsync("1\n2\n3\n4\n5"));

        Assert.Equal(3, reply.Number("accepted"));
        Assert.Equal(2, reply.Number("refused"));
        Assert.Equal(3, reply.Number("consumed"));
        Assert.Equal("StageFull", reply.Text("reason"));
        Assert.Equal("Pause", reply.Text("signal"));
        Assert.Equal(["1", "2", "3"], await serving.WaitingAsync());
    }

    [Theory]
    [InlineData(Serving.JsonLines, "1\n2\n3\n4\n", "no JSON\n\n6\n", true)]
    [InlineData(Serving.JsonLines, "1\n2\n3\n4\n", "no JSON\n\n6\n", false)]
    [InlineData("application/json", "[1,2,3,4,", "nil,6]", true)]
    [InlineData("application/json", "[1,2,3,4,", "nil,6]", false)]
    public async Task A_wrong_item_after_a_refused_one_changes_nothing_whether_or_not_it_comes_at_once(
        string type,
        string first,
        string rest,
        bool isAtOnce
    )
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 3 });
        using var offered = await OfferInTwoPartsAsync(serving, type, first, rest, isAtOnce);
        var reply = await Serving.OkAsync(offered);

        Assert.Equal((3, 3, "StageFull"), (reply.Number("accepted"), reply.Number("refused"), reply.Text("reason")));
        Assert.Equal(["1", "2", "3"], await serving.WaitingAsync());
    }

    [Fact]
    public async Task The_few_accepted_records_of_a_long_body_do_not_keep_the_dropped_ones_in_memory()
    {
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxPerStage = 4,
                Stage = new() { FullMode = FullMode.DropNewest },
            }
        );
        var lines = string.Concat(Enumerable.Range(0, 1_000).Select(i => $"{i:D29}\n"));
        using var content = new ContentInTwoParts(
            lines,
            async () =>
            {
                await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.Offered == 1_000);
                var lease = await serving.Service.GetBatchAsync("orders", "parse", new(4));
                await serving.Service.CompleteAsync("orders", "parse", lease.Id);
            },
            lines
        );
        content.Headers.ContentType = new("text/plain");

        using var reply = await serving
            .Client.PostAsync("/v1/pipelines/orders/stages/parse/records?source=web", content)
            .WaitAsync(Serving.Patience);

        Assert.Equal(8, (await Serving.OkAsync(reply)).Number("accepted"));
        var kept = (await serving.Service.PeekAsync("orders", "parse", 10)).Select(k => k.Record.Payload).ToArray();
        Assert.Equal(4, kept.Length);
        Assert.All(
            kept,
            payload =>
            {
                Assert.True(MemoryMarshal.TryGetArray(payload, out var array));
                Assert.InRange(array.Array!.Length, 29, ReceivedBytes.SmallBlockBytes);
            }
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_record_that_is_too_large_is_named_even_after_a_refused_one(bool isAtOnce)
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 3 }, new() { MaxRecordBytes = 10 });

        using var reply = await OfferInTwoPartsAsync(
            serving,
            Serving.JsonLines,
            "1\n2\n3\n4\n",
            "12345678901\n6\n",
            isAtOnce
        );
        var problem = await Serving.ProblemAsync(reply, 413, "record-too-large");

        Assert.Equal((5, 3), (problem.Number("line"), problem.Number("accepted")));
    }

    [Theory]
    [InlineData(2, 10, 10, "StageFull", "stage 'parse' of pipeline 'orders' has no room")]
    [InlineData(10, 2, 10, "SourceFull", "source 'web' has reached its limit of pending records in pipeline 'orders'")]
    [InlineData(10, 10, 2, "GlobalFull", "pipeline 'orders' has no room")]
    public async Task A_client_that_finds_no_room_is_told_to_wait(
        int stage,
        int source,
        int total,
        string reason,
        string detail
    )
    {
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxPerStage = stage,
                MaxPerSource = source,
                MaxTotalRecords = total,
            }
        );
        await Serving.OkAsync(await serving.OfferAsync("1\n2"));

        foreach (var query in (string[])["source=web", "source=web&whole=true"])
        {
            using var reply = await serving.OfferAsync("3\n4", query: query);
            var problem = await Serving.ProblemAsync(reply, 429, "no-room");

            Assert.Equal(TimeSpan.FromSeconds(1), reply.Headers.RetryAfter?.Delta);
            Assert.Equal(reason, problem.Text("reason"));
            Assert.Equal(detail, problem.Text("detail"));
            Assert.Equal(0, problem.Number("accepted"));
            Assert.Equal(2, problem.Number("refused"));
        }
        Assert.Equal(["1", "2"], await serving.WaitingAsync());
    }

    [Theory]
    [InlineData(10, null, null, "maxBytesPerStage")]
    [InlineData(null, 10, null, "maxBytesPerSource")]
    [InlineData(null, null, 10, "maxTotalBytes")]
    public async Task A_whole_body_with_more_bytes_than_a_limit_is_too_large(
        int? stage,
        int? source,
        int? total,
        string limit
    )
    {
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxBytesPerStage = stage,
                MaxBytesPerSource = source,
                MaxTotalBytes = total,
            }
        );

        var never = await Serving.ProblemAsync(
            await serving.OfferAsync("12345\n678901", query: "source=web&whole=true"),
            413,
            "body-too-large"
        );

        Assert.Equal(
            $"the body has 11 bytes and {limit} is 10; to be accepted whole it must have at most that many",
            never.Text("detail")
        );
        Assert.Equal((0, 2), (never.Number("accepted"), never.Number("refused")));
        await Serving.OkAsync(await serving.OfferAsync("12345\n67890", query: "source=web&whole=true"));
    }

    [Fact]
    public async Task A_whole_body_counts_keys_beyond_512_bytes_of_each_record()
    {
        await using var serving = await Serving.StartAsync(new() { MaxBytesPerStage = 1_000 });
        var (key, query) = (new string('k', 500), "source=web&whole=true&body=records");
        var record = $$"""{"key":"{{key}}","text":"{{new string('x', 12)}}"}""";

        var never = await Serving.ProblemAsync(
            await serving.OfferAsync($"{record}\n{record}\n{record}", query: query),
            413,
            "body-too-large"
        );

        Assert.Contains("the body has 1500 bytes and maxBytesPerStage is 1000", never.Text("detail"));
        await Serving.OkAsync(await serving.OfferAsync($"{record}\n{record}", query: query));
        var full = await Serving.ProblemAsync(await serving.OfferAsync(record, query: query), 429, "no-room");
        Assert.Equal("StageFull", full.Text("reason"));
    }

    [Theory]
    [InlineData(10, null, null, "StageFull")]
    [InlineData(null, 10, null, "SourceFull")]
    [InlineData(null, null, 10, "GlobalFull")]
    public async Task A_whole_body_that_finds_no_room_for_its_bytes_is_told_at_which_limit(
        int? stage,
        int? source,
        int? total,
        string reason
    )
    {
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxBytesPerStage = stage,
                MaxBytesPerSource = source,
                MaxTotalBytes = total,
            }
        );
        await Serving.OkAsync(await serving.OfferAsync("12345"));

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync("123\n456", query: "source=web&whole=true"),
            429,
            "no-room"
        );

        Assert.Equal(reason, problem.Text("reason"));
    }

    [Fact]
    public async Task A_body_that_must_be_accepted_whole_is_never_accepted_in_part()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 3 });
        await Serving.OkAsync(await serving.OfferAsync("1", query: "source=web&whole=true"));

        await Serving.ProblemAsync(await serving.OfferAsync("2\n3\n4", query: "source=web&whole=true"), 429, "no-room");
        await Serving.ProblemAsync(
            await serving.OfferAsync("2\n3\n{", query: "source=web&whole=true"),
            400,
            "bad-record"
        );
        var never = await Serving.ProblemAsync(
            await serving.OfferAsync("2\n3\n4\n5", query: "source=web&whole=true"),
            413,
            "body-too-large"
        );
        var fits = await Serving.OkAsync(await serving.OfferAsync("2\n3", query: "source=web&whole=true"));

        Assert.Equal(
            "the body has 4 records and maxPerStage is 3; to be accepted whole it must have at most that many",
            never.Text("detail")
        );
        Assert.Equal(2, fits.Number("accepted"));
        Assert.Equal(["1", "2", "3"], await serving.WaitingAsync());
        Assert.Equal(0, (await serving.GetSnapshotAsync()).Total.Granted);
    }

    [Fact]
    public async Task A_whole_body_that_takes_too_much_memory_is_refused_as_a_body()
    {
        await using var serving = await Serving.StartAsync(api: new() { MaxWholeBytes = 1_300 });
        var twenty = string.Concat(Enumerable.Repeat("1\n", 20));

        await Serving.OkAsync(await serving.OfferAsync(twenty, query: "source=web&whole=true"));
        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync(twenty + "1", query: "source=web&whole=true"),
            413,
            "body-too-large"
        );

        Assert.Equal(
            "the body takes more than 1300 bytes, with 64 for each record; to be accepted whole it must take at most that many",
            problem.Text("detail")
        );
        Assert.False(problem.TryGetProperty("line", out _));
        Assert.Equal(20, (await serving.WaitingAsync()).Length);
    }

    [Fact]
    public async Task A_whole_body_waits_while_others_use_all_the_memory()
    {
        await using var serving = await Serving.StartAsync(api: new() { MaxWholeBytesInAll = 1_024 });

        var full = await Serving.ProblemAsync(
            await serving.OfferAsync(string.Concat(Enumerable.Repeat("1\n", 20)), query: "source=web&whole=true"),
            429,
            "no-room"
        );

        Assert.Equal(0, full.Number("accepted"));
        Assert.InRange(full.Number("refused"), 1, 20);
        Assert.Empty(await serving.Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task A_body_with_an_idempotency_key_is_accepted_once_however_often_it_is_sent()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 3 });

        for (var i = 0; i < 3; i++)
        {
            var reply = await Serving.OkAsync(
                await serving.OfferAsync(
                    "1\n2"u8.ToArray(),
                    change: c => c.Headers.TryAddWithoutValidation("Idempotency-Key", "a")
                )
            );
            Assert.Equal((2, 4998), (reply.Number("accepted"), reply.Number("credits")));
        }
        await Serving.ProblemAsync(
            await serving.OfferAsync(
                "1\n2"u8.ToArray(),
                change: c => c.Headers.TryAddWithoutValidation("Idempotency-Key", "b")
            ),
            429
        );

        Assert.Equal(["1", "2"], await serving.WaitingAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task An_idempotency_key_that_is_empty_is_refused(string key)
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync(
                "1"u8.ToArray(),
                change: c => c.Headers.TryAddWithoutValidation("Idempotency-Key", key)
            ),
            400
        );

        Assert.StartsWith("Idempotency-Key is empty", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Empty(await serving.WaitingAsync());
    }

    [Fact]
    public async Task An_idempotency_key_of_one_stage_suppresses_nothing_at_another()
    {
        await using var serving = await Serving.StartAsync();

        foreach (var stage in new[] { "parse", "load" })
            await Serving.OkAsync(
                await serving.OfferAsync(
                    "1"u8.ToArray(),
                    stage: stage,
                    change: c => c.Headers.TryAddWithoutValidation("Idempotency-Key", "a")
                )
            );

        Assert.Equal(1, (await serving.LeaseAsync(stage: "load")).GetProperty("records").GetArrayLength());
        Assert.Equal(1, (await serving.LeaseAsync(stage: "parse")).GetProperty("records").GetArrayLength());
    }

    [Fact]
    public async Task An_idempotency_key_of_one_source_suppresses_nothing_of_another()
    {
        await using var serving = await Serving.StartAsync();

        foreach (var source in new[] { "web", "cron", "web" })
            await Serving.OkAsync(
                await serving.OfferAsync(
                    Encoding.UTF8.GetBytes(source),
                    type: "text/plain",
                    query: $"source={source}",
                    change: c => c.Headers.TryAddWithoutValidation("Idempotency-Key", "a")
                )
            );

        Assert.Equal(["cron", "web"], (await serving.WaitingAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Records_with_ids_are_accepted_once_if_the_stage_suppresses_duplicates()
    {
        await using var serving = await Serving.StartAsync(new() { Stage = new() { Duplicates = new() } });

        await Serving.OkAsync(await serving.OfferAsync("{\"n\":1}\n{\"n\":2}", query: "source=web&idField=n"));
        var again = await Serving.OkAsync(
            await serving.OfferAsync("{\"n\":1}\n{\"n\":2}\n{\"n\":3}", query: "source=web&idField=n")
        );

        Assert.Equal(1, again.Number("accepted"));
        Assert.Equal(3, again.Number("consumed"));
        Assert.Equal(0, again.Number("refused"));
        Assert.Equal("Duplicate", again.Text("reason"));
        Assert.Equal(["1", "2", "3"], (await serving.Service.PeekAsync("orders", "parse", 9)).Select(r => r.Record.Id));
    }

    [Fact]
    public async Task A_stage_that_waits_for_room_holds_the_request_until_there_is_some()
    {
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );

        var offer = serving.OfferAsync("1\n2\n3\n4");
        var first = await serving.LeaseAsync(2, waitMs: 30_000);
        await Serving.OkAsync(await serving.PostAsync($"/v1/leases/{first.Text("leaseId")}/complete", ""));

        Assert.Equal(4, (await Serving.OkAsync(await offer)).Number("accepted"));
        Assert.Equal(["3", "4"], await serving.WaitingAsync());
        await Serving.ProblemAsync(await serving.OfferAsync("5", query: "source=web&waitMs=1"), 429, "no-room");
    }

    [Fact]
    public async Task Drops_by_the_full_mode_of_a_stage_are_reported()
    {
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxPerStage = 2,
                Stage = new() { FullMode = FullMode.DropNewest },
            }
        );

        var reply = await Serving.OkAsync(await serving.OfferAsync("1\n2\n3"));

        Assert.Equal(2, reply.Number("accepted"));
        Assert.Equal(3, reply.Number("consumed"));
        Assert.Equal("Dropped", reply.Text("reason"));
    }

    [Fact]
    public async Task A_source_held_by_an_operator_sees_the_hold()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        await Serving.OkAsync(
            await serving.PostAsync("/v1/pipelines/orders/pause", """{"target":"source","name":"web"}""")
        );

        var problem = await Serving.ProblemAsync(await serving.OfferAsync("2"), 429, "held");
        await Serving.OkAsync(
            await serving.PostAsync("/v1/pipelines/orders/resume", """{"target":"source","name":"web"}""")
        );

        Assert.Equal("an operator holds source 'web' of pipeline 'orders'", problem.Text("detail"));
        await Serving.OkAsync(await serving.OfferAsync("2"));
    }

    [Fact]
    public async Task A_pipeline_that_stops_accepts_nothing_more()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var drained = await Serving.OkAsync(
            await serving.PostAsync("/v1/pipelines/orders/drain", """{"deadlineMs":0}""")
        );

        using var reply = await serving.OfferAsync("2");
        var problem = await Serving.ProblemAsync(reply, 503, "draining");
        await Serving.ProblemAsync(await serving.OfferAsync("2", query: "source=web&whole=true"), 503, "draining");
        await Serving.ProblemAsync(
            await serving.PostAsync("/v1/sources/web/credits", """{"stage":"parse","records":1}"""),
            503,
            "draining"
        );

        Assert.Equal(1, drained.Number("remaining"));
        Assert.Equal("Draining", problem.Text("reason"));
        Assert.NotNull(reply.Headers.RetryAfter);
    }

    [Fact]
    public async Task Pipelines_that_requests_create_are_bounded()
    {
        await using var serving = await Serving.StartAsync(api: new() { MaxPipelines = 1 });
        await Serving.OkAsync(await serving.OfferAsync("1"));

        var problem = await Serving.ProblemAsync(
            await serving.PostAsync("/v1/pipelines/other/stages/parse/records?source=web", "[1]"),
            409,
            "too-many-pipelines"
        );

        Assert.Equal(
            "pipeline is 'other', which does not exist, and there are already 1 pipelines, the maximum; it must be one of those",
            problem.Text("detail")
        );
        await Serving.OkAsync(await serving.OfferAsync("2"));
    }

    [Fact]
    public async Task A_source_whose_backlog_is_not_loaded_yet_is_told_so()
    {
        var folder = Directory.CreateTempSubdirectory("conveyor").FullName;
        try
        {
            await using (var serving = await Serving.StartAsync(stores: DataDirectory.Open(folder)))
                await Serving.OkAsync(
                    await serving.OfferAsync(string.Concat(Enumerable.Range(1, 100).Select(i => $"{i}\n")))
                );
            // Up to the low watermark only, so that other sources have room.
            await using var again = await Serving.StartAsync(
                new() { MaxTotalRecords = 100 },
                stores: DataDirectory.Open(folder)
            );

            foreach (var query in (string[])["source=web", "source=web&whole=true"])
            {
                var refused = await Serving.ProblemAsync(await again.OfferAsync("101", query: query), 429, "no-room");

                Assert.EndsWith(
                    "from before its start that are not all loaded yet",
                    refused.Text("detail"),
                    StringComparison.Ordinal
                );
                Assert.InRange(refused.Number("credits"), 1, 100);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Persisted_records_are_restored_when_the_directory_is_opened_again()
    {
        var folder = Directory.CreateTempSubdirectory("conveyor").FullName;
        try
        {
            await using (var serving = await Serving.StartAsync(stores: DataDirectory.Open(folder)))
                Assert.Equal(
                    3,
                    (
                        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3", query: "source=web&ack=persisted"))
                    ).Number("accepted")
                );
            await using var again = await Serving.StartAsync(stores: DataDirectory.Open(folder));

            Assert.Equal(["1", "2", "3"], (await again.LeaseAsync()).Items("records").Select(r => r.Text("text")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Offers a body at once, or its rest only after a record of the first part has been refused.</summary>
    static async Task<HttpResponseMessage> OfferInTwoPartsAsync(
        Serving serving,
        string type,
        string first,
        string rest,
        bool isAtOnce
    )
    {
        using var content = new ContentInTwoParts(
            isAtOnce ? first + rest : first,
            () => Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.Refused > 0),
            isAtOnce ? "" : rest
        );
        content.Headers.ContentType = new(type);
        return await serving
            .Client.PostAsync("/v1/pipelines/orders/stages/parse/records?source=web", content)
            .WaitAsync(Serving.Patience);
    }

    /// <summary>A body whose second part is sent when a condition has come about.</summary>
    sealed class ContentInTwoParts(string first, Func<Task> between, string rest) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(first));
            await stream.FlushAsync();
            await between();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(rest));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
