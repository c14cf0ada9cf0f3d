using System.Net.ServerSentEvents;
using System.Text;
using ConveyorActors.Cli.Top;

namespace ConveyorActors.Cli.Tests.Top;

public sealed class BoundedStreamTests
{
    [Fact]
    public async Task Comments_are_no_events_and_show_that_the_server_lives()
    {
        var received = 0;
        var stream = new BoundedStream(
            new MemoryStream(Encoding.UTF8.GetBytes(": still here\n\n: still here\n\n")),
            maxBytes: 1_000,
            onReceived: () => received++
        );

        Assert.Empty(await SseParser.Create(stream).EnumerateAsync().ToListAsync());

        Assert.True(received > 0);
    }

    [Fact]
    public void More_bytes_than_allowed_are_refused_until_the_count_is_restarted()
    {
        var stream = new BoundedStream(new MemoryStream(new byte[100]), maxBytes: 10, onReceived: static () => { });
        var bytes = new byte[10];

        Assert.Equal(10, stream.Read(bytes, 0, 10));
        Assert.Throws<IOException>(() => stream.Read(bytes, 0, 1));
        stream.Restart();
        Assert.Equal(10, stream.Read(bytes, 0, 10));
    }
}
