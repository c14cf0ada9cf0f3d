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

    [Fact]
    public async Task An_empty_body_may_have_any_type()
    {
        await using var serving = await Serving.StartAsync();
        using var content = new StringContent("");

        await Serving.OkAsync(await serving.Client.PostAsync("/v1/pipelines/orders/stages/parse/leases", content));
    }
}
