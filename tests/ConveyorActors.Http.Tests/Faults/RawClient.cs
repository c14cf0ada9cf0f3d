using System.Net.Sockets;
using System.Text;

namespace ConveyorActors.Http.Tests.Faults;

/// <summary>A connection that sends what no good client would.</summary>
sealed class RawClient : IDisposable
{
    readonly TcpClient client = new();

    /// <param name="serving">The server.</param>
    /// <param name="receiveBuffer">The bytes that the operating system keeps for the client; 0: its default.</param>
    public static async Task<RawClient> ConnectAsync(Serving serving, int receiveBuffer = 0)
    {
        var raw = new RawClient();
        if (receiveBuffer > 0)
            raw.client.ReceiveBufferSize = receiveBuffer;
        await raw.client.ConnectAsync(IPAddress.Loopback, serving.Server.Address.Port);
        raw.client.NoDelay = true;
        return raw;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await client.GetStream().WriteAsync(bytes);

    /// <summary>Sends the beginning of a request that offers records in chunks.</summary>
    public Task BeginChunksAsync(string query = "source=web", string more = "") =>
        SendAsync(
            $"POST /v1/pipelines/orders/stages/parse/records?{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n{more}\r\n"
        );

    public Task SendChunkAsync(string text) => SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Returns what the server has sent until it closed the connection, or until it has sent this.</summary>
    public async Task<string> ReadAsync(string until = "\0")
    {
        using var patience = new CancellationTokenSource(Serving.Patience);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (
                !text.ToString().Contains(until, StringComparison.Ordinal)
                && await client.GetStream().ReadAsync(buffer, patience.Token) is > 0 and var count
            )
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // It was reset.
        }
        return text.ToString();
    }

    /// <summary>Ends the connection at once, as when a process is killed.</summary>
    public void Vanish() => client.Client.Close(0);

    public void Dispose() => client.Dispose();
}
