namespace ConveyorActors.Http.Tests.Producing;

/// <summary>Credits over HTTP.</summary>
public sealed class CreditTests
{
    [Fact]
    public async Task An_offer_with_a_credit_is_never_refused_for_lack_of_room()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 3 });

        var granted = await Serving.OkAsync(
            await serving.PostAsync("/v1/sources/web/credits", """{"pipeline":"orders","stage":"parse","records":2}""")
        );
        await Serving.OkAsync(await serving.OfferAsync("1\n2", query: "source=other"));
        await Serving.ProblemAsync(await serving.OfferAsync("3"), 429, "no-room");
        var reply = await Serving.OkAsync(
            await serving.OfferAsync("3\n4", query: $"source=web&credit={granted.Number("credit")}")
        );

        Assert.Equal(2, granted.Number("records"));
        Assert.Equal(1, granted.Number("available"));
        Assert.Equal(2, reply.Number("accepted"));
        Assert.Equal(["1", "3", "4"], (await serving.WaitingAsync()).Order());
    }

    [Fact]
    public async Task The_rest_of_a_credit_can_be_returned()
    {
        await using var serving = await Serving.StartAsync();
        var granted = await Serving.OkAsync(
            await serving.PostAsync(
                "/v1/sources/a%2Fb/credits",
                """{"pipeline":"orders","stage":"parse","records":5}"""
            )
        );
        await Serving.OkAsync(
            await serving.OfferAsync("1\n2", query: $"source=a%2Fb&credit={granted.Number("credit")}")
        );

        var shown = await Serving.OkAsync(await serving.Client.GetAsync("/v1/sources/a%2Fb/credits"));
        var back = await Serving.OkAsync(
            await serving.Client.DeleteAsync($"/v1/sources/a%2Fb/credits/{granted.Number("credit")}?stage=parse")
        );

        Assert.Equal(3, shown.Items("sources")[0].Number("granted"));
        Assert.Equal(3, back.Number("givenBack"));
        Assert.Equal(0, (await serving.GetSnapshotAsync()).Total.Granted);
    }

    [Fact]
    public async Task A_source_that_waits_for_credits_gets_none_after_the_timeout()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 1 });
        await Serving.OkAsync(await serving.OfferAsync("1"));

        var none = await Serving.OkAsync(
            await serving.PostAsync("/v1/sources/web/credits", """{"stage":"parse","records":1,"waitMs":1}""")
        );
        var waiting = serving.PostAsync("/v1/sources/web/credits", """{"stage":"parse","records":1,"waitMs":30000}""");
        await Serving.OkAsync(
            await serving.PostAsync($"/v1/leases/{(await serving.LeaseAsync()).Text("leaseId")}/complete", "")
        );

        Assert.Equal(0, none.Number("records"));
        Assert.Equal(1, (await Serving.OkAsync(await waiting)).Number("records"));
    }

    [Theory]
    [InlineData(
        """{"records":1,"pipeline":"orders"}""",
        400,
        "stage is missing; it must be the name of the stage that the records are for"
    )]
    [InlineData(
        """{"stage":"parse","pipeline":"orders"}""",
        400,
        "records is missing; it must be a whole number from 1 to 2000000000"
    )]
    [InlineData(
        """{"stage":"parse","records":0}""",
        400,
        "records is '0'; it must be a whole number from 1 to 2000000000"
    )]
    [InlineData("""{"stage":"parse","records":1}""", 404, "pipeline is not given, and there is no pipeline yet")]
    public async Task A_wrong_request_for_credits_is_named(string body, int status, string detail)
    {
        await using var serving = await Serving.StartAsync();

        Assert.Equal(
            detail,
            (await Serving.ProblemAsync(await serving.PostAsync("/v1/sources/web/credits", body), status)).Text(
                "detail"
            )
        );
    }
}
