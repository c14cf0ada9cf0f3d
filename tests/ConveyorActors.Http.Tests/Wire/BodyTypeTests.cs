using System.Net.Http.Headers;

namespace ConveyorActors.Http.Tests.Wire;

/// <summary>The content types of bodies of JSON other than records.</summary>
public sealed class BodyTypeTests
{
    [Theory]
    [InlineData(null, 200)]
    [InlineData("application/json", 200)]
    [InlineData("application/json; charset=UTF-8", 200)]
    [InlineData("application/vnd.example+json", 200)]
    [InlineData("application/x-www-form-urlencoded", 200)] // curl -d
    [InlineData("application/xml", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("text/html", 415)]
    [InlineData("multipart/form-data; boundary=x", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/json; charset=iso-8859-1", 415)]
    public async Task A_body_of_JSON_is_taken_with_its_types_only(string? type, int status)
    {
        await using var serving = await Serving.StartAsync();
        using var content = new ByteArrayContent("""{"max":1}"""u8.ToArray());
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        using var reply = await serving.Client.PostAsync("/v1/pipelines/orders/stages/parse/leases", content);

        if (status == 200)
            await Serving.OkAsync(reply);
        else
            Assert.Equal(
                $"Content-Type is '{type}'; it must be application/json in UTF-8, or left out",
                (await Serving.ProblemAsync(reply, status, "unsupported-body")).Text("detail")
            );
    }

    [Theory]
    [InlineData("gzip", 415)]
    [InlineData("x-unknown", 415)]
    [InlineData("Identity", 200)]
    public async Task A_compressed_body_of_JSON_is_refused_with_its_encoding(string encoding, int status)
    {
        await using var serving = await Serving.StartAsync();
        using var content = Serving.Json("""{"max":1}""");
        content.Headers.ContentEncoding.Add(encoding);

        using var reply = await serving.Client.PostAsync("/v1/pipelines/orders/stages/parse/leases", content);

        if (status == 200)
            await Serving.OkAsync(reply);
        else
            Assert.Equal(
                $"Content-Encoding is '{encoding}'; it must be identity, or left out; only a body of records may be compressed",
                (await Serving.ProblemAsync(reply, status, "unsupported-body")).Text("detail")
            );
    }

    [Theory]
    [InlineData("/v1/pipelines/orders/stages/parse/records?source=web")]
    [InlineData("/v1/pipelines/orders/stages/parse/leases")]
    public async Task A_content_type_without_a_media_type_is_refused(string path)
    {
        await using var serving = await Serving.StartAsync();
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", ";;;,,");

        using var reply = await serving.Client.PostAsync(path, content);

        Assert.StartsWith(
            "Content-Type is ';;;,,'; it must be application/",
            (await Serving.ProblemAsync(reply, 415, "unsupported-body")).Text("detail"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_empty_body_may_have_any_type()
    {
        await using var serving = await Serving.StartAsync();
        using var content = new StringContent("");

        await Serving.OkAsync(await serving.Client.PostAsync("/v1/pipelines/orders/stages/parse/leases", content));
    }
}
