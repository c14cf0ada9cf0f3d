using ConveyorActors.Http.Tests.Faults;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Tests.Wire;

/// <summary>Paths and queries that are not valid percent-encoding.</summary>
public sealed class TargetFilterTests
{
    [Theory]
    [InlineData(
        "/v1/pipelines/%FF/stages/parse/records?source=web",
        "the path is '/v1/pipelines/%FF/stages/parse/records';"
    )]
    [InlineData(
        "/v1/pipelines/%C3/stages/parse/records?source=web",
        "the path is '/v1/pipelines/%C3/stages/parse/records';"
    )]
    [InlineData(
        "/v1/pipelines/%zz/stages/parse/records?source=web",
        "the path is '/v1/pipelines/%zz/stages/parse/records';"
    )]
    [InlineData(
        "/v1/pipelines/%/stages/parse/records?source=web",
        "the path is '/v1/pipelines/%/stages/parse/records';"
    )]
    [InlineData("/v1/pipelines/orders/stages/parse/records?source=%FF", "the query is 'source=%FF';")]
    [InlineData("/v1/pipelines/orders/stages/parse/records?source=100%", "the query is 'source=100%';")]
    public async Task A_target_that_cannot_be_decoded_is_refused_and_quoted(string target, string detail)
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);

        await client.SendAsync($"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1");
        var reply = await client.ReadAsync("}");

        Assert.StartsWith("HTTP/1.1 400", reply, StringComparison.Ordinal);
        Assert.Contains(
            detail + " after each % it must have two hexadecimal digits, and decoded it must be UTF-8",
            reply,
            StringComparison.Ordinal
        );
        Assert.Empty(await serving.Service.GetPipelinesAsync());
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("/a%20b", true)]
    [InlineData("%25", true)]
    [InlineData("%C3%BC", true)]
    [InlineData("%c3%bc", true)]
    [InlineData("%F0%9F%99%82", true)]
    [InlineData("%", false)]
    [InlineData("%2", false)]
    [InlineData("%2g", false)]
    [InlineData("%C3a", false)]
    [InlineData("%C3a%BC", false)]
    [InlineData("%ED%A0%80", false)] // half of a surrogate pair
    [InlineData("%C0%80", false)] // not the shortest form
    public void Encoded_bytes_must_be_UTF8(string text, bool isValid) =>
        Assert.Equal(isValid, TargetFilter.IsValid(text));
}
