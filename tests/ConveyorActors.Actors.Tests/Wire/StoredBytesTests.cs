namespace ConveyorActors.Actors.Tests.Wire;

public sealed class StoredBytesTests(WireSystem wire) : IClassFixture<WireSystem>
{
    [Fact]
    public void Bytes_of_every_version_keep_their_meaning()
    {
        var (older, lines) = (Examples.Older(wire.Actor), StoredBytes.All());
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            var expected = older.TryGetValue($"{line.Version} {line.Manifest}", out var before)
                ? before
                : wire.All.SingleOrDefault(m => wire.Serializer.Manifest(m) == line.Manifest);
            Assert.True(
                expected is not null,
                $"{line.Version} has bytes of '{line.Manifest}', which no example has: a manifest is never given up."
            );
            Same.Check(expected, wire.Serializer.FromBinary(line.Bytes, line.Manifest));
        }
    }

    [Fact]
    public void The_stored_bytes_include_every_message_in_its_current_form()
    {
        var stored = StoredBytes.All().Select(l => (l.Manifest, Convert.ToHexString(l.Bytes))).ToHashSet();
        var missing = wire
            .All.Select(m => (Manifest: wire.Serializer.Manifest(m), Bytes: wire.Serializer.ToBinary(m)))
            .Where(m => !stored.Contains((m.Manifest, Convert.ToHexString(m.Bytes))))
            .ToList();
        if (Environment.GetEnvironmentVariable("CONVEYOR_WIRE_WRITE") is { Length: > 0 } version)
            StoredBytes.Add(version, missing);
        else
            Assert.True(
                missing.Count == 0,
                $"No stored bytes of {string.Join(", ", missing.Select(m => m.Manifest))}: new, or written differently. StoredBytes says what to do."
            );
    }

    [Fact]
    public void Each_version_has_each_message_once() =>
        Assert.DoesNotContain(StoredBytes.All().GroupBy(l => (l.Version, l.Manifest)), same => same.Count() > 1);
}
