using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Http.Tests.Inspecting;

/// <summary>The operator's commands over HTTP say what they say everywhere.</summary>
public sealed class InspectionTests
{
    [Theory]
    [InlineData("/v1/pipelines", "pipelines")]
    [InlineData("/v1/stats", "pipelines")]
    [InlineData("/v1/stats?pipeline=orders", "stats orders")]
    [InlineData("/v1/pipelines/orders/stages", "stages orders")]
    [InlineData("/v1/pipelines/orders/sources", "sources orders")]
    [InlineData("/v1/limits", "limits show orders")]
    [InlineData("/v1/audit", "audit")]
    [InlineData("/v1/audit?pipeline=orders", "audit orders")]
    [InlineData("/v1/sources/web/credits", "credits orders web")]
    [InlineData("/v1/sources/web/credits?stage=parse", "credits orders web --stage parse")]
    public async Task A_resource_returns_the_same_as_its_command(string path, string command)
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1\n2"));
        await serving.LeaseAsync(1);
        var core = new InspectionCore(serving.Service);

        // Ages go on between the two: what is compared is everything that does not.
        await Serving.OkAsync(await serving.Client.GetAsync(path));
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/plain" } } };
        using var table = await serving.Client.SendAsync(request);

        Assert.Equal(
            HeadersOf((await core.RunAsync(command)).Text),
            HeadersOf(await table.Content.ReadAsStringAsync())
        );
        Assert.Equal("0", Assert.Single(table.Headers.GetValues("Conveyor-Exit-Code")));
        Assert.Equal("text/plain", table.Content.Headers.ContentType?.MediaType);
        var json = await serving.Client.GetStringAsync(path);
        Assert.Equal(NamesOf((await core.RunAsync(command + " --json")).Text), NamesOf(json));
    }

    [Fact]
    public async Task Why_a_source_is_held_names_the_limit_and_the_consumer_that_holds_the_room()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 2 });
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3"));
        await Serving.OkAsync(
            await serving.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"max":2,"consumer":"slow one"}""")
        );

        var why = await Serving.OkAsync(await serving.Client.GetAsync("/v1/why/web"));

        Assert.Equal("Pause", why.Text("signal"));
        var reason = why.Items("reasons")[0];
        Assert.Equal("stage parse", reason.Text("limit"));
        Assert.Equal("slow one", reason.Text("owedBy"));
    }

    [Fact]
    public async Task The_audit_shows_every_level_and_its_balance()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 2 });
        await serving.OfferAsync("1\n2\n3");

        var audit = await Serving.OkAsync(await serving.Client.GetAsync("/v1/audit"));

        Assert.True(audit.GetProperty("conserved").GetBoolean());
        Assert.Equal(["manager", "stage parse", "source web"], audit.Items("levels").Select(l => l.Text("level")));
        Assert.All(
            audit.Items("levels"),
            l => Assert.Equal(l.Number("offered"), l.Number("refused") + l.Number("pending"))
        );
        Assert.Equal("StageFull", Assert.Single(audit.Items("losses")).Text("reason"));
    }

    [Fact]
    public async Task Limits_are_set_while_the_pipeline_runs_and_a_dry_run_changes_nothing()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3"));
        HttpContent Limits() => Serving.Json("""{"maxPerStage":2,"maxTotalBytes":null,"lowWatermark":0.5}""");

        var planned = await Serving.OkAsync(await serving.Client.PutAsync("/v1/limits?dryRun=true", Limits()));
        var before = (await serving.GetSnapshotAsync()).Settings!;
        var set = await Serving.OkAsync(await serving.Client.PutAsync("/v1/limits", Limits()));
        var after = (await serving.GetSnapshotAsync()).Settings!;

        Assert.True(planned.GetProperty("planned").GetBoolean());
        Assert.Equal("stage parse", planned.Items("effects")[0].Text("level"));
        Assert.Equal(10_000, before.MaxPerStage);
        Assert.False(set.GetProperty("planned").GetBoolean());
        Assert.Equal((2, 0.5), (after.MaxPerStage, after.LowWatermark));
    }

    [Fact]
    public async Task Fractions_are_rounded_as_in_the_table()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));

        var limits = await Serving.OkAsync(await serving.Client.GetAsync("/v1/limits"));

        Assert.Equal("0.6", limits.GetProperty("lowWatermark").GetRawText());
    }

    [Theory]
    [InlineData("""{"maxPerStage":0}""", "maxPerStage is '0'; it must be a whole number from 1 to 2000000000")]
    [InlineData(
        """{"maxPerStage":"many"}""",
        "maxPerStage is \"many\"; it must be a whole number from 1 to 2000000000"
    )]
    [InlineData("""{"maxPerStage":null}""", "maxPerStage is 'null'; it must be a whole number from 1 to 2000000000")]
    [InlineData(
        """{"maxTotalBytes":0}""",
        "maxTotalBytes is '0'; it must be a whole number from 1 to 9223372036854775807, or null"
    )]
    [InlineData(
        """{"lowWatermark":0.9}""",
        "lowWatermark would be 0.9 and backpressureThreshold 0.8; the first must be the lower one"
    )]
    [InlineData(
        """{"maxStage":1}""",
        "'maxStage' is not a member of this body; it must be one of maxTotalRecords, maxPerStage,"
    )]
    [InlineData(
        "{}",
        "the body has no limit; it must have at least one of maxTotalRecords, maxPerStage, maxPerSource,"
    )]
    public async Task A_wrong_limit_is_named(string body, string detail)
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));

        var problem = await Serving.ProblemAsync(await serving.Client.PutAsync("/v1/limits", Serving.Json(body)), 400);

        Assert.StartsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_letters_are_listed_replayed_and_purged()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3"));
        await Serving.OkAsync(
            await serving.PostAsync(
                $"/v1/leases/{(await serving.LeaseAsync()).Text("leaseId")}/dead-letter",
                """{"reason":"poison"}"""
            )
        );
        const string path = "/v1/pipelines/orders/stages/parse/dead-letters";

        var listed = await Serving.OkAsync(await serving.Client.GetAsync(path + "?max=2"));
        var replayed = await Serving.OkAsync(await serving.PostAsync(path, """{"action":"replay","max":1}"""));
        var purged = await Serving.OkAsync(await serving.PostAsync(path, """{"action":"purge"}"""));

        Assert.Equal(["1", "2"], listed.Items("deadLetters").Select(l => l.Text("text")));
        Assert.Equal("poison", listed.Items("deadLetters")[0].Text("error"));
        Assert.Equal(1, replayed.Number("replayed"));
        Assert.Equal(2, purged.Number("purged"));
        Assert.Equal(
            ["1"],
            (await Serving.OkAsync(await serving.Client.GetAsync("/v1/pipelines/orders/stages/parse/peek")))
                .Items("records")
                .Select(r => r.Text("text"))
        );
        Assert.Equal(
            "action is 'bury'; it must be replay or purge",
            (await Serving.ProblemAsync(await serving.PostAsync(path, """{"action":"bury"}"""), 400)).Text("detail")
        );
    }

    [Theory]
    [InlineData(
        "/v1/pipelines/oders/stages",
        "pipeline is 'oders', and there is no pipeline of that name; did you mean 'orders'?"
    )]
    [InlineData(
        "/v1/why/wbe",
        "source is 'wbe', and there is no source in pipeline 'orders' of that name; did you mean 'web'?"
    )]
    [InlineData("/v1/pipelines/nope/stages/parse/peek", "pipeline is 'nope', which does not exist")]
    [InlineData("/v1/pipelines/nope/stages/parse/dead-letters", "pipeline is 'nope', which does not exist")]
    [InlineData(
        "/v1/pipelines/orders/stages/prase/peek",
        "stage is 'prase', and there is no stage in pipeline 'orders' of that name; did you mean 'parse'?"
    )]
    [InlineData(
        "/v1/pipelines/orders/stages/prase/dead-letters",
        "stage is 'prase', and there is no stage in pipeline 'orders' of that name; did you mean 'parse'?"
    )]
    [InlineData("/v1/nothing", "there is no resource '/v1/nothing'; /openapi/v1.json lists the resources")]
    public async Task An_unknown_name_is_not_found_and_the_nearest_name_is_suggested(string path, string detail)
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));

        Assert.Equal(
            detail,
            (await Serving.ProblemAsync(await serving.Client.GetAsync(path), 404, "not-found")).Text("detail")
        );
    }

    [Fact]
    public async Task A_stage_without_such_records_has_an_empty_list()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        await serving.LeaseAsync();
        const string stage = "/v1/pipelines/orders/stages/parse/";

        Assert.Empty((await Serving.OkAsync(await serving.Client.GetAsync(stage + "peek"))).Items("records"));
        Assert.Empty(
            (await Serving.OkAsync(await serving.Client.GetAsync(stage + "dead-letters"))).Items("deadLetters")
        );
    }

    [Fact]
    public async Task One_of_several_pipelines_must_be_named()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        await Serving.OkAsync(await serving.PostAsync("/v1/pipelines/bills/stages/parse/records?source=web", "[1]"));

        var problem = await Serving.ProblemAsync(await serving.Client.GetAsync("/v1/why/web"), 400);

        Assert.Equal("pipeline is not given; it must be one of 'bills', 'orders'", problem.Text("detail"));
        await Serving.OkAsync(await serving.Client.GetAsync("/v1/why/web?pipeline=bills"));
    }

    [Fact]
    public async Task A_server_that_only_reads_changes_nothing()
    {
        await using var serving = await Serving.StartAsync(api: new() { IsReadOnly = true });

        await Serving.ProblemAsync(await serving.OfferAsync("1"), 403, "read-only");
        await Serving.ProblemAsync(await serving.Client.PutAsync("/v1/limits", Serving.Json("{}")), 403, "read-only");
        await Serving.ProblemAsync(await serving.Client.DeleteAsync("/v1/nothing"), 403, "read-only");
        await Serving.OkAsync(await serving.Client.GetAsync("/v1/pipelines"));
    }

    [Fact]
    public async Task A_server_that_only_reads_shows_what_limits_would_do()
    {
        await using var serving = await Serving.StartAsync(api: new() { IsReadOnly = true });
        await serving.Service.BufferForStageAsync("orders", "parse", "web", new("", "1"u8.ToArray()));
        const string limits = """{"maxPerStage":1}""";

        var planned = await Serving.OkAsync(
            await serving.Client.PutAsync("/v1/limits?dryRun=true", Serving.Json(limits))
        );
        var refused = await Serving.ProblemAsync(
            await serving.Client.PutAsync("/v1/limits?dryRun=false", Serving.Json(limits)),
            403,
            "read-only"
        );

        Assert.True(planned.GetProperty("planned").GetBoolean());
        Assert.Equal(
            "PUT '/v1/limits' would change something, and this server is read-only; it must have dryRun=true",
            refused.Text("detail")
        );
        Assert.Equal(10_000, (await serving.GetSnapshotAsync()).Settings!.MaxPerStage);
    }

    /// <summary>The words of a table, without its numbers.</summary>
    static string[] HeadersOf(string text) =>
        [.. text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(w => !char.IsDigit(w[0]))];

    static string[] NamesOf(string json)
    {
        var names = new List<string>();
        Add(JsonDocument.Parse(json).RootElement, "");
        return [.. names];

        void Add(JsonElement element, string path)
        {
            names.Add(path);
            if (element.ValueKind == JsonValueKind.Object)
                foreach (var member in element.EnumerateObject())
                    Add(member.Value, $"{path}.{member.Name}");
            else if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray())
                    Add(item, path + "[]");
        }
    }
}
