using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConveyorActors.Cli.Tests.Remote;

/// <summary>A web server that is not a conveyor server: it sends the same bytes to each client.</summary>
sealed class OtherServer : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly Task serving;

    /// <param name="head">The status line and the headers; empty: the server stays silent.</param>
    /// <param name="body">The body.</param>
    /// <param name="isEndless">Whether the body is sent again and again, without an end.</param>
    public OtherServer(string head, string body, bool isEndless = false)
    {
        listener.Start();
        serving = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await ServeAsync(await listener.AcceptTcpClientAsync(stop.Token), head, body, isEndless);
        });
    }

    public string Url => $"http://{listener.LocalEndpoint}";

    public static OtherServer Create(string headers, string body) =>
        new($"HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n", body);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await serving.ContinueWith(_ => { }, TaskScheduler.Default);
        listener.Dispose();
        stop.Dispose();
    }

    async Task ServeAsync(TcpClient client, string head, string body, bool isEndless)
    {
        using (client)
        {
            var stream = client.GetStream();
            try
            {
                _ = await stream.ReadAsync(new byte[65536], stop.Token);
                if (head.Length == 0)
                    await Task.Delay(Timeout.Infinite, stop.Token);
                await stream.WriteAsync(Encoding.UTF8.GetBytes(head), stop.Token);
                var bytes = Encoding.UTF8.GetBytes(body);
                do await stream.WriteAsync(bytes, stop.Token);
                while (isEndless);
            }
            catch (IOException)
            {
                // The client has closed the connection.
            }
        }
    }
}
