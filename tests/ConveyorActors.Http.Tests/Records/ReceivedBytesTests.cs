using ConveyorActors.Http.Records;

namespace ConveyorActors.Http.Tests.Records;

public sealed class ReceivedBytesTests
{
    [Theory]
    [InlineData(0, ReceivedBytes.BlockBytes)]
    [InlineData(1, ReceivedBytes.SmallBlockBytes)]
    [InlineData(2, ReceivedBytes.SmallBlockBytes)]
    public void Small_blocks_begin_with_the_next_item_however_often_they_are_asked_for(int times, int most)
    {
        var bytes = new ReceivedBytes();
        var received = new byte[3 * ReceivedBytes.BlockBytes];
        // Blocks grow until they have their full size, and the last one is not full.
        for (var at = 0; at < received.Length; )
        {
            at += bytes.Fill(received.AsSpan(at));
            bytes.Take(bytes.Unread.Length);
        }

        for (var i = 0; i < times; i++)
            bytes.UseSmallBlocks();
        bytes.Fill(new byte[10]);
        var item = bytes.Take(10);

        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(item, out var block));
        Assert.Equal(most, block.Array!.Length);
    }
}
