using ConveyorActors.Http.Inspecting;
using Microsoft.AspNetCore.Http;

namespace ConveyorActors.Http.Tests.Inspecting;

/// <summary>Whether a client gets a table or JSON.</summary>
public sealed class ReplyFormatTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain", true)]
    [InlineData("TEXT/PLAIN", true)]
    [InlineData("text/*", true)]
    [InlineData("text/plain; charset=utf-8", true)]
    [InlineData("text/plain, */*;q=0.1", true)]
    [InlineData("text/plain, */*", true)]
    [InlineData("text/plain;q=0, application/json", false)]
    [InlineData("text/plain;q=0", false)]
    [InlineData("text/plain;q=0, */*", false)]
    [InlineData("text/plain;q=0.5, application/json", false)]
    [InlineData("text/plain, application/json;q=0.5", true)]
    [InlineData("application/json, text/plain, */*", false)]
    [InlineData("text/plainer", false)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false)]
    [InlineData("nonsense", false)]
    public void A_table_is_sent_only_if_text_is_preferred(string accept, bool isText)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Accept = accept;

        Assert.Equal(isText, ReplyFormat.IsTextPreferred(request.GetTypedHeaders()));
    }
}
