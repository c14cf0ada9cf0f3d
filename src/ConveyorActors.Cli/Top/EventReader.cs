using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Top;

/// <summary>Reads a server's event stream over one connection, beginning with the current state.</summary>
sealed class EventReader(HttpClient client, ServerTarget target)
{
    /// <summary>The longest time until the server replies at all.</summary>
    static readonly TimeSpan FirstReply = TimeSpan.FromSeconds(30);

    /// <summary>The longest time without data. The server sends a comment every 15 s.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(40);

    /// <summary>An event: its kind, its data as received, and its data as JSON.</summary>
    public readonly record struct Event(string Kind, string Text, JsonElement Data);

    /// <exception cref="ServerRefusedException">The server refuses the request.</exception>
    /// <exception cref="ForeignServerException">The reply is not the event stream of a conveyor server.</exception>
    /// <exception cref="HttpRequestException">The server does not reply.</exception>
    /// <exception cref="IOException">The connection ended in the middle.</exception>
    /// <exception cref="TimeoutException">No data was received for too long.</exception>
    public async IAsyncEnumerable<Event> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(target.Server.ToString().TrimEnd('/') + "/v1/events")
        );
        if (target.Key is not null)
            request.Headers.Authorization = new("Bearer", target.Key);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(FirstReply);
        using var reply = await client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token)
            .ConfigureAwait(false);
        if (!reply.IsSuccessStatusCode)
            throw new ServerRefusedException(
                await ServerReply.DescribeRefusalAsync(reply, target.Server, silence.Token).ConfigureAwait(false)
            );
        ServerReply.RequireType(reply, ServerReply.EventType);
        silence.CancelAfter(Silence);
        var stream = new BoundedStream(
            await reply.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false),
            ServerReply.MaxBytes,
            onReceived: () => silence.CancelAfter(Silence)
        );
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(silence.Token).ConfigureAwait(false))
        {
            stream.Restart();
            yield return Parse(item);
        }
    }

    static Event Parse(SseItem<string> item)
    {
        try
        {
            var text = ForeignText.EscapeJson(item.Data.ReplaceLineEndings(" "));
            using var data = JsonDocument.Parse(text);
            return new(item.EventType, text, data.RootElement.Clone());
        }
        catch (JsonException)
        {
            throw new ForeignServerException("sent an event that is not JSON");
        }
    }
}

/// <summary>The exception for a request that the server refuses; its message is the server's.</summary>
sealed class ServerRefusedException(string detail) : Exception(detail);
