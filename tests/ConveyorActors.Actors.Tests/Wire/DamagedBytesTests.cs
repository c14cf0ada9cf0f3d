using System.Runtime.Serialization;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests.Wire;

public sealed class DamagedBytesTests(WireSystem wire, ITestOutputHelper output) : IClassFixture<WireSystem>
{
    [Fact]
    public void Truncated_bytes_give_a_serialization_exception_or_a_message()
    {
        foreach (var message in wire.All)
        {
            var (bytes, manifest) = (wire.Serializer.ToBinary(message), wire.Serializer.Manifest(message));
            for (var length = 0; length < bytes.Length; length++)
                Read(bytes[..length], manifest);
        }
    }

    [Fact]
    public void A_length_past_the_end_is_refused() => wire.Unreadable([0x0A, 0x7F, 1, 2, 3], "get-snapshot");

    [Fact]
    public void Text_that_is_not_UTF_8_is_refused_or_read_with_replacements() =>
        Read([0x0A, 0x02, 0xC3, 0x28], "get-snapshot");

    [Fact]
    public void Damaged_bytes_give_a_serialization_exception_or_a_writable_message()
    {
        var random = new Random(Seeds.Next(output));
        var refused = 0;
        for (var round = 0; round < 300; round++)
            foreach (var message in wire.All)
            {
                var (bytes, manifest) = (wire.Serializer.ToBinary(message), wire.Serializer.Manifest(message));
                if (!Read(Damaged(bytes, random), manifest))
                    refused++;
            }
        Assert.True(refused > 1_000, $"only {refused} were refused: is anything damaged?");
    }

    [Fact]
    public void Random_bytes_give_a_serialization_exception_or_a_writable_message()
    {
        var random = new Random(Seeds.Next(output));
        var manifests = wire.All.Select(wire.Serializer.Manifest).ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(60)];
            random.NextBytes(bytes);
            Read(bytes, manifests[random.Next(manifests.Length)]);
        }
    }

    [Fact]
    public void Bytes_of_one_message_read_as_another_give_a_serialization_exception_or_a_message()
    {
        foreach (var message in wire.All)
        foreach (var other in wire.All)
            Read(wire.Serializer.ToBinary(message), wire.Serializer.Manifest(other));
    }

    static byte[] Damaged(byte[] bytes, Random random)
    {
        var damaged = bytes.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
            switch (damaged.Count == 0 ? 0 : random.Next(4))
            {
                case 0:
                    damaged.Insert(random.Next(damaged.Count + 1), (byte)random.Next(256));
                    break;
                case 1:
                    damaged.RemoveAt(random.Next(damaged.Count));
                    break;
                case 2:
                    damaged[random.Next(damaged.Count)] = (byte)random.Next(256);
                    break;
                default:
                    damaged[random.Next(damaged.Count)] ^= (byte)(1 << random.Next(8));
                    break;
            }
        return [.. damaged];
    }

    /// <summary>True when the bytes are a message. Any exception but the one that is promised fails the test.</summary>
    bool Read(byte[] bytes, string manifest)
    {
        object message;
        try
        {
            message = wire.Serializer.FromBinary(bytes, manifest);
        }
        catch (SerializationException refused)
        {
            Assert.Contains($"'{manifest}'", refused.Message, StringComparison.Ordinal);
            return false;
        }
        catch (Exception other)
        {
            Assert.Fail($"{manifest} {Convert.ToHexString(bytes)}: {other}");
            throw;
        }
        // The failure of an Ask is read as what Ask expects, which is not a message of ours and is not sent on.
        if (message is Akka.Actor.Status.Failure failure)
            Assert.IsType<BufferServiceException>(failure.Cause);
        else
            Same.Check(message, wire.RoundTrip(message));
        return true;
    }
}
