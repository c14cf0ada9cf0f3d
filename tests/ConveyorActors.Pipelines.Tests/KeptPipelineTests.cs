namespace ConveyorActors.Pipelines.Tests;

public class KeptPipelineTests
{
    [Fact]
    public void The_text_of_a_pipeline_is_parsed_to_the_same_pipeline()
    {
        var kept = new KeptPipeline
        {
            Stages = [new("slim", "cut -f1,2 | tr 'a' \"ä\"", OneToOne: true), new("b", "cat", Persistent: true)],
            Null = true,
            Header = true,
            Sources = ["in"],
            Sink = "out",
        };

        var text = kept.ToString();

        Assert.Equal(
            """{"stages":[{"name":"slim","command":"cut -f1,2 | tr 'a' \"ä\"","oneToOne":true,"persistent":false},{"name":"b","command":"cat","oneToOne":false,"persistent":true}],"null":true,"header":true,"sources":["in"],"sink":"out"}""",
            text
        );
        Assert.Equal(text, KeptPipeline.Parse(text)!.ToString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"stages":null,"sources":null,"sink":null,"null":false}""")]
    public void Members_that_are_missing_or_null_are_empty(string text)
    {
        var kept = KeptPipeline.Parse(text)!;

        Assert.Empty(kept.Stages);
        Assert.Empty(kept.Sources);
        Assert.Empty(kept.Sink);
        Assert.Empty(kept.DescribeDifferences(new()));
    }

    [Fact]
    public void Switches_that_an_earlier_version_did_not_store_are_off()
    {
        var kept = KeptPipeline.Parse("""{"stages":[{"name":"a","command":"cat"}],"sources":["in"]}""")!;

        Assert.Equal([new KeptStage("a", "cat")], kept.Stages);
        Assert.Equal(["in"], kept.Sources);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"stages":7}""")]
    [InlineData("""{"stages":[null]}""")]
    [InlineData("""{"stages":[{"name":"a"}]}""")]
    [InlineData("""{"stages":[{"name":null,"command":"cat"}]}""")]
    public void A_text_that_is_no_pipeline_is_none(string? text) => Assert.Null(KeptPipeline.Parse(text));
}
