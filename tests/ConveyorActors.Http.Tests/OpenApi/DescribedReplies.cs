namespace ConveyorActors.Http.Tests.OpenApi;

/// <summary>Sends the requests of the tests, and checks that each refusal is one that the document describes.</summary>
sealed class DescribedReplies() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
{
    DescribedApi? api;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var reply = await base.SendAsync(request, cancellationToken);
        if (reply.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return reply;
        await reply.Content.LoadIntoBufferAsync(cancellationToken);
        using var document = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(request.RequestUri!, DescribedApi.DocumentPath)
        );
        api ??= await DescribedApi.ReadAsync(await base.SendAsync(document, cancellationToken));
        if (api.Find(reply) is not null)
            await api.CheckAsync(reply);
        return reply;
    }
}
