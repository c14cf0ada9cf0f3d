using System.Text;
using ConveyorActors.Http.Producing;
using Microsoft.AspNetCore.Http;

namespace ConveyorActors.Http.Tests.Producing;

/// <summary>What a request for credits asks for.</summary>
public sealed class CreditRequestTests
{
    [Fact]
    public async Task A_request_with_only_its_required_members_has_defaults() =>
        Assert.Equal(
            new(null, "parse", "web", 2, TimeSpan.FromSeconds(30), 0, 0),
            await ReadAsync("""{"stage":"parse","records":2}""")
        );

    [Fact]
    public async Task A_request_has_all_values_of_its_body() =>
        Assert.Equal(
            new("orders", "parse", "web", 2, TimeSpan.FromMilliseconds(5), 7, 11),
            await ReadAsync(
                """{"pipeline":"orders","stage":"parse","records":2,"timeToLiveMs":5,"waitMs":7,"bytesPerRecord":11}"""
            )
        );

    static Task<CreditRequest> ReadAsync(string body)
    {
        var context = new DefaultHttpContext();
        context.Request.RouteValues["source"] = "web";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        return CreditRequest.ReadAsync(context, new());
    }
}
