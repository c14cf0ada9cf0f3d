using ConveyorActors.Storage;

namespace ConveyorActors.Http.Tests.Leasing;

/// <summary>Leases over HTTP.</summary>
public sealed class LeaseTests
{
    [Fact]
    public async Task A_lease_has_an_id_a_deadline_and_records_that_can_be_settled_in_parts()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3\n4"));

        var lease = await serving.LeaseAsync(3);
        var id = lease.Text("leaseId");
        var records = lease.Items("records");
        var completed = await Serving.OkAsync(
            await serving.PostAsync(
                $"/v1/leases/{id}/complete",
                $$"""{"sequences":[{{records[0].Number("sequence")}}]}"""
            )
        );
        var returned = await Serving.OkAsync(
            await serving.PostAsync(
                $"/v1/leases/{id}/return",
                $$"""{"sequences":[{{records[1].Number("sequence")}}],"reason":"not now","charge":false}"""
            )
        );
        var lettered = await Serving.OkAsync(
            await serving.PostAsync($"/v1/leases/{id}/dead-letter", """{"reason":"poison"}""")
        );

        Assert.True(lease.GetProperty("deadline").GetDateTimeOffset() > TimeProvider.System.GetUtcNow());
        Assert.Equal(["1", "2", "3"], records.Select(r => r.Text("text")));
        Assert.Equal(["web", "web", "web"], records.Select(r => r.Text("source")));
        Assert.Equal(1, completed.Number("settled"));
        Assert.Equal(1, returned.Number("settled"));
        Assert.Equal(1, lettered.Number("deadLettered"));
        Assert.Equal(["2", "4"], await serving.WaitingAsync());
        Assert.Equal(
            "poison",
            Assert.Single(await serving.Service.GetDeadLettersAsync("orders", "parse", 9)).LastError
        );
        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }

    [Fact]
    public async Task A_lease_is_settled_on_disk_if_the_request_asks_for_it()
    {
        var folder = Directory.CreateTempSubdirectory("conveyor-test-");
        try
        {
            await using var serving = await Serving.StartAsync(stores: DataDirectory.Open(folder.FullName));
            await Serving.OkAsync(await serving.OfferAsync("1\n2"));
            var lease = (await serving.LeaseAsync()).Text("leaseId");

            var settled = await Serving.OkAsync(
                await serving.PostAsync($"/v1/leases/{lease}/complete?ack=persisted", "{}")
            );

            Assert.Equal(2, settled.Number("settled"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_server_that_keeps_nothing_on_disk_refuses_to_settle_there_and_changes_nothing()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var lease = (await serving.LeaseAsync()).Text("leaseId");

        var problem = await Serving.ProblemAsync(
            await serving.PostAsync($"/v1/leases/{lease}/complete?ack=persisted", "{}"),
            400
        );

        Assert.Equal(
            "ack is 'persisted'; it must be buffered: this server keeps nothing on disk",
            problem.Text("detail")
        );
        Assert.Equal(1, (await serving.GetSnapshotAsync()).Total.InFlight);
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("return")]
    [InlineData("dead-letter")]
    public async Task A_list_of_sequences_that_is_null_is_refused_and_settles_nothing(string action)
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var lease = await serving.LeaseAsync();

        var problem = await Serving.ProblemAsync(
            await serving.PostAsync($"/v1/leases/{lease.Text("leaseId")}/{action}", """{"sequences":null}"""),
            400,
            "invalid-request"
        );

        Assert.Equal("sequences is 'null'; it must be an array of whole numbers", problem.Text("detail"));
        Assert.Equal(1, (await serving.GetSnapshotAsync()).Stages[0].Level.InFlight);
    }

    [Fact]
    public async Task A_return_is_charged_with_its_reason_unless_it_is_uncharged()
    {
        await using var serving = await Serving.StartAsync(new() { Stage = new() { MaxRetries = 0 } });
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var lease = await serving.LeaseAsync();

        var reply = await Serving.OkAsync(
            await serving.PostAsync($"/v1/leases/{lease.Text("leaseId")}/return", """{"reason":"no such table"}""")
        );
        var letter = Assert.Single(
            (
                await Serving.OkAsync(await serving.Client.GetAsync("/v1/pipelines/orders/stages/parse/dead-letters"))
            ).Items("deadLetters")
        );

        Assert.Equal(1, reply.Number("deadLettered"));
        Assert.Equal("no such table", letter.Text("error"));
        Assert.Equal("RetriesExhausted", letter.Text("reason"));
        Assert.Equal("1", letter.Text("text"));
    }

    [Fact]
    public async Task A_consumer_that_waits_for_records_gets_none_after_the_timeout()
    {
        await using var serving = await Serving.StartAsync();

        var waiting = serving.LeaseAsync(10, waitMs: 30_000);
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var none = await serving.LeaseAsync(10, "other", waitMs: 1);

        Assert.Equal("1", Assert.Single((await waiting).Items("records")).Text("text"));
        Assert.Empty(none.Items("records"));
        Assert.Equal(JsonValueKind.Null, none.GetProperty("leaseId").ValueKind);
    }

    [Fact]
    public async Task A_consumer_that_has_ended_loses_no_record()
    {
        await using var serving = await Serving.StartAsync();
        using (var gone = new CancellationTokenSource())
        {
            var waiting = serving.Client.PostAsync(
                "/v1/pipelines/orders/stages/parse/leases",
                Serving.Json("""{"waitMs":30000}"""),
                gone.Token
            );
            await Within.ReachAsync(async () =>
                (await serving.GetSnapshotAsync()).Stages.Any(s => s.WaitingConsumers == 1)
            );
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }
        await Within.ReachAsync(async () =>
            (await serving.GetSnapshotAsync()).Stages.All(s => s.WaitingConsumers == 0)
        );

        await Serving.OkAsync(await serving.OfferAsync("1"));

        Assert.Equal("1", Assert.Single((await serving.LeaseAsync()).Items("records")).Text("text"));
    }

    [Fact]
    public async Task A_lease_can_be_extended_and_settled_once()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var id = (await serving.LeaseAsync()).Text("leaseId");

        await Serving.OkAsync(await serving.PostAsync($"/v1/leases/{id}/extend", ""));
        await Serving.OkAsync(await serving.PostAsync($"/v1/leases/{id}/complete", "{}"));

        var problem = await Serving.ProblemAsync(
            await serving.PostAsync($"/v1/leases/{id}/complete", ""),
            404,
            "not-found"
        );
        Assert.Equal(
            $"leaseId is '{id}', and stage 'parse' has no open lease of that id: it was settled before, or never existed",
            problem.Text("detail")
        );
    }

    [Fact]
    public async Task A_lease_past_its_deadline_changes_nothing()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        var lease = await Serving.OkAsync(
            await serving.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"timeoutMs":1}""")
        );
        await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.InFlight == 0);

        await Serving.ProblemAsync(
            await serving.PostAsync($"/v1/leases/{lease.Text("leaseId")}/complete", ""),
            410,
            "lease-expired"
        );

        Assert.Equal(1, (await serving.GetSnapshotAsync()).Total.Buffered);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1.b3JkZXJz")]
    [InlineData("0.b3JkZXJz.cGFyc2U")]
    [InlineData("1.b3JkZXJz.")]
    [InlineData("1.b3JkZXJz.%25")]
    [InlineData("1.b3JkZXJz._w")]
    public async Task An_invalid_lease_id_is_not_found(string id)
    {
        await using var serving = await Serving.StartAsync();

        await Serving.ProblemAsync(await serving.PostAsync($"/v1/leases/{id}/complete", ""), 404, "not-found");
    }

    [Theory]
    [InlineData("""{"max":0}""", "max is '0'; it must be a whole number from 1 to 10000")]
    [InlineData("""{"max":"1"}""", "max is \"1\"; it must be a whole number from 1 to 10000")]
    [InlineData("""{"max":1.5}""", "max is '1.5'; it must be a whole number from 1 to 10000")]
    [InlineData(
        """{"wait":1}""",
        "'wait' is not a member of this body; it must be one of max, waitMs, consumer, timeoutMs"
    )]
    [InlineData("""{"max":1,"max":2}""", "max is given twice; it must be given once")]
    [InlineData(
        """{"consumer":""}""",
        "consumer is empty; it must be a name of 1 to 200 characters without control characters."
    )]
    [InlineData("[]", "the body is an array; it must be an object of JSON")]
    [InlineData("{", "the body is not JSON: an object or array is not closed, at byte 2")]
    [InlineData("""{"consumer":5}""", "consumer is '5'; it must be a string")]
    [InlineData("""{"\ud800":1}""", "a member's name has half of a surrogate pair; it must be a valid string")]
    [InlineData(
        "{\"max\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "the body has arrays or objects nested more than 64 deep, at byte 71; it must have at most 64 levels"
    )]
    public async Task A_wrong_request_for_a_lease_is_named(string body, string detail)
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(
            await serving.PostAsync("/v1/pipelines/orders/stages/parse/leases", body),
            400,
            "invalid-request"
        );

        Assert.StartsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/var/log/a b%.log")]
    [InlineData("a%2Fb")]
    [InlineData("Grüße 🙂?#&=+")]
    [InlineData("..;x")]
    public async Task Names_may_have_any_characters(string name)
    {
        await using var serving = await Serving.StartAsync();
        var escaped = Uri.EscapeDataString(name);

        await Serving.OkAsync(
            await serving.PostAsync($"/v1/pipelines/{escaped}/stages/{escaped}/records?source={escaped}", "[1]")
        );
        var lease = await Serving.OkAsync(
            await serving.PostAsync($"/v1/pipelines/{escaped}/stages/{escaped}/leases", "")
        );
        await Serving.OkAsync(await serving.PostAsync($"/v1/leases/{lease.Text("leaseId")}/complete", ""));

        Assert.Equal([name], await serving.Service.GetPipelinesAsync());
        Assert.Equal(name, Assert.Single((await serving.Service.GetSnapshotAsync(name)).Stages).Stage);
        Assert.Equal(name, lease.Items("records")[0].Text("source"));
        Assert.Equal(name, (await Serving.OkAsync(await serving.Client.GetAsync($"/v1/why/{escaped}"))).Text("source"));
    }
}
