using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConveyorActors.Node.Tests.Processes;

/// <summary>
/// A cable between two sides of this machine that needs no rights: every process is reached through a port of its own
/// here. The side that a connection comes from is read from the first frame of Akka's protocol, which names its origin:
/// the far side calls itself <see cref="Beyond"/>.
/// </summary>
sealed class CutProxy : IDisposable
{
    public const string Here = "127.0.0.1",
        Beyond = "localhost";

    const int MostOfFirstFrame = 4_096;

    readonly CancellationTokenSource ended = new();
    readonly List<TcpListener> listeners = [];
    volatile bool isCut;

    /// <summary>Returns the port through which others reach a process.</summary>
    public int Open(int port, bool isBeyond)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        lock (listeners)
            listeners.Add(listener);
        _ = AcceptAsync(listener, port, isBeyond);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Pulls the cable: connections stay open and carry nothing, so neither side hears of it.</summary>
    public void Cut() => isCut = true;

    public void Dispose()
    {
        ended.Cancel();
        lock (listeners)
            foreach (var listener in listeners)
                listener.Dispose();
    }

    async Task AcceptAsync(TcpListener listener, int port, bool isBeyond)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(ended.Token), port, isBeyond);
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task ServeAsync(TcpClient from, int port, bool isBeyond)
    {
        using var to = new TcpClient();
        using (from)
        {
            try
            {
                await to.ConnectAsync(IPAddress.Loopback, port, ended.Token);
                var first = await FirstFrameAsync(from.GetStream());
                var crosses = isBeyond != Encoding.ASCII.GetString(first).Contains(Beyond, StringComparison.Ordinal);
                await PassAsync(crosses);
                await to.GetStream().WriteAsync(first, ended.Token);
                await Task.WhenAny(PumpAsync(from, to, crosses), PumpAsync(to, from, crosses));
            }
            catch (Exception end)
                when (end is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the two has closed the connection.
            }
        }
    }

    /// <summary>Reads the first frame: its length, and that many bytes.</summary>
    async Task<byte[]> FirstFrameAsync(NetworkStream stream)
    {
        var head = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(head, ended.Token);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (length is < 0 or > MostOfFirstFrame)
            throw new IOException($"the first frame has {length} bytes");
        var frame = new byte[sizeof(int) + length];
        head.CopyTo(frame, 0);
        await stream.ReadExactlyAsync(frame.AsMemory(sizeof(int)), ended.Token);
        return frame;
    }

    async Task PumpAsync(TcpClient from, TcpClient to, bool crosses)
    {
        var buffer = new byte[65_536];
        while (await from.GetStream().ReadAsync(buffer, ended.Token) is > 0 and var read)
        {
            await PassAsync(crosses);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), ended.Token);
        }
        await PassAsync(crosses);
    }

    /// <summary>What crosses a cut cable never arrives.</summary>
    Task PassAsync(bool crosses) => isCut && crosses ? Task.Delay(Timeout.Infinite, ended.Token) : Task.CompletedTask;
}
