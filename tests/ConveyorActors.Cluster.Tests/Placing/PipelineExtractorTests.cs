using System.Text;
using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster.Tests.Placing;

public class PipelineExtractorTests
{
    readonly PipelineExtractor extractor = new(100);

    [Fact]
    public void Every_pipeline_has_an_entity_id_that_is_valid_UTF_8()
    {
        string[] names =
        [
            "orders",
            "Aufträge",
            "a\uD800",
            "a\uD801",
            "\uDFFFa",
            "\uDBFF\uDFFF",
            "\uDBFF\uDFFF\uE000",
            "\uD83D\uDE9A",
        ];
        foreach (var name in names)
        {
            var id = extractor.EntityId(new Locate(name))!;
            Assert.Equal(name, PipelineExtractor.GetPipeline(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(id))));
            Assert.Equal(extractor.ShardId(id), extractor.ShardId(new Locate(name)));
        }
        Assert.Equal(
            names.Length,
            names.Select(n => extractor.EntityId(new Locate(n))).Distinct(StringComparer.Ordinal).Count()
        );
        Assert.Equal("Aufträge", extractor.EntityId(new Locate("Aufträge")));
    }

    [Fact]
    public void Names_that_differ_in_half_a_surrogate_pair_spread_over_the_shards()
    {
        var shards = Enumerable
            .Range(0xD800, 64)
            .Select(c => extractor.ShardId(new Locate("a" + (char)c)))
            .Distinct()
            .Count();
        Assert.InRange(shards, 20, 64);
    }
}
