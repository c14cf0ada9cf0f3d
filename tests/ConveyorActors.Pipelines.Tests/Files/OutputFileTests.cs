using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Tests.Files;

public sealed class OutputFileTests : IDisposable
{
    readonly TempDirectory temp = new();

    [Fact]
    public void Opening_a_file_keeps_its_content_and_appends()
    {
        var path = temp.File("out", "before\n");

        using (var file = OutputFile.Open(path, "sink"))
        {
            file.Stream.Position = file.Length;
            file.Stream.Write("after\n"u8);
        }

        Assert.Equal("before\nafter\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_created_by_opening_is_removed_again_and_another_one_stays(bool wasThere)
    {
        var path = temp.Path("out");
        if (wasThere)
            File.WriteAllText(path, "");

        OutputFile.Open(path, "sink").Discard();

        Assert.Equal(wasThere, File.Exists(path));
    }

    [Fact]
    public void A_file_has_one_writer_until_the_writer_closes_it()
    {
        if (OperatingSystem.IsMacOS())
            return;
        var path = temp.File("out", "");
        using (OutputFile.Open(path, "sink"))
        {
            var error = Assert.Throws<PipelineInputException>(() => OutputFile.Open(path, "dead letters"));
            Assert.StartsWith($"dead letters '{path}' cannot be written: ", error.Message);
            Assert.Equal("", File.ReadAllText(path));
        }

        OutputFile.Open(path, "sink").Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_end_of_a_file_written_in_pieces_is_the_end_of_the_file(int seed)
    {
        var random = new Random(seed);
        var end = new FileEnd();
        using var all = new MemoryStream();
        for (var i = 0; i < 50; i++)
        {
            var piece = new byte[random.Next(10) == 0 ? random.Next(20_000) : random.Next(200)];
            random.NextBytes(piece);
            all.Write(piece);
            end.Add(piece);
            using var file = File.OpenHandle(temp.File("file", [.. all.ToArray(), 1, 2, 3]));
            Assert.Equal(FileEnd.Read(file, all.Length)!.Hash, end.Hash);
        }
    }

    public void Dispose() => temp.Dispose();
}
