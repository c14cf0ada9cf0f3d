using System.Net;
using System.Net.Sockets;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>Passes the bytes of TCP connections on to a port, and cuts all connections when told to.</summary>
sealed class CuttingProxy : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource ended = new();
    readonly List<TcpClient> open = [];

    public CuttingProxy()
    {
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Where the bytes go.</summary>
    public int Target { get; set; }

    /// <summary>Cuts every connection there is. Later ones go through again.</summary>
    public void Cut()
    {
        lock (open)
        {
            foreach (var client in open)
                client.Dispose();
            open.Clear();
        }
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var inner = await listener.AcceptTcpClientAsync(ended.Token);
                var outer = new TcpClient();
                try
                {
                    await outer.ConnectAsync(IPAddress.Loopback, Target, ended.Token);
                }
                catch (SocketException)
                {
                    inner.Dispose();
                    continue;
                }
                lock (open)
                    open.AddRange([inner, outer]);
                _ = PassAsync(inner, outer);
                _ = PassAsync(outer, inner);
            }
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            // It has ended.
        }
    }

    async Task PassAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream(), ended.Token);
        }
        catch (Exception e)
            when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException
            )
        {
            // Cut.
        }
        from.Dispose();
        to.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        Cut();
    }
}
