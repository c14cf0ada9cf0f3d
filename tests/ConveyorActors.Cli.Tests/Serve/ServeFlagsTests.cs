using System.CommandLine;
using ConveyorActors.Cli.Serve;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Serve;

/// <summary>What <c>conveyor serve</c> refuses before it listens.</summary>
public sealed class ServeFlagsTests
{
    [LinuxTheory]
    [InlineData("serve --api-key-file /dev/zero", "--api-key-file is '/dev/zero', which cannot be read")]
    [InlineData("stages --api-key-file /dev/zero", "--api-key-file is '/dev/zero', which cannot be read")]
    [InlineData("serve --tls-certificate /dev/zero", "--tls-certificate is '/dev/zero', which cannot be used")]
    public async Task A_file_without_an_end_is_refused(string line, string complaint)
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync(line.Split(' '));

        Assert.Equal(ExitCodes.Usage, exit);
        Assert.StartsWith(
            $"conveyor: {complaint}: it has more than 1 MiB, which is the most",
            error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("a", "has 1 character; it must have at least 16")]
    [InlineData("ab", "has 2 characters; it must have at least 16")]
    public void The_length_of_a_short_key_has_its_noun(string key, string complaint) =>
        Assert.StartsWith(complaint, ApiKey.Validate(key), StringComparison.Ordinal);

    [Fact]
    public void The_order_of_the_stages_can_be_set()
    {
        var (flags, command, inputErrors) = (new ServeFlags(), new Command("serve"), new InputErrors());
        flags.AddTo(command);

        var settings = flags.Read(command.Parse(["--stage-order", "parse", "--stage-order", "load"]), inputErrors);

        Assert.Empty(inputErrors.All);
        Assert.Equal(["parse", "load"], settings!.Server.Api.StageOrder);
    }

    [Theory]
    [InlineData("", 256L << 20)]
    [InlineData("--max-bytes 1GiB", 1L << 30)]
    [InlineData("--data records", null)]
    [InlineData("--data records --max-bytes 1GiB", 1L << 30)]
    public void Records_in_memory_only_are_bounded_in_bytes_by_default(string arguments, long? expected)
    {
        var (flags, command, inputErrors) = (new ServeFlags(), new Command("serve"), new InputErrors());
        flags.AddTo(command);

        var settings = flags.Read(
            command.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
            inputErrors
        );

        Assert.Empty(inputErrors.All);
        Assert.Equal(expected, settings!.Buffers.MaxTotalBytes);
    }

    [Theory]
    [InlineData("", 64L << 20)]
    [InlineData("--max-in-memory 5MiB", 5L << 20)]
    public async Task The_memory_of_a_data_directory_can_be_set(string arguments, long expected)
    {
        var folder = Directory.CreateTempSubdirectory("conveyor").FullName;
        try
        {
            var (flags, command, inputErrors) = (new ServeFlags(), new Command("serve"), new InputErrors());
            flags.AddTo(command);
            var settings = flags.Read(
                command.Parse(["--data", folder, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]),
                inputErrors
            );

            await using var directory = ServeSession.OpenDirectory(settings!);

            Assert.Empty(inputErrors.All);
            Assert.Equal(expected, directory!.GetStore("orders").MaxInMemoryBytes);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(
        "--listen 0.0.0.0:0",
        "--listen is '0.0.0.0:0', which other machines can reach, and there is no API key; CONVEYOR_API_KEY or --api-key-file must give one, or the address must be 127.0.0.1:PORT"
    )]
    [InlineData("--listen [::]:0", "--listen is '[::]:0', which other machines can reach, and there is no API key")]
    [InlineData(
        "--listen 0.0.0.0:0 --api-key-file KEY",
        "--listen is '0.0.0.0:0', which other machines can reach, with plain HTTP; --tls-certificate must give a certificate, or --insecure must allow plain HTTP"
    )]
    [InlineData(
        "--listen 7070",
        "--listen is '7070'; it must be an address and a port such as 127.0.0.1:7070, [::1]:7070 or 0.0.0.0:7070"
    )]
    [InlineData("--listen ::1:7070", "--listen is '::1:7070'; it must be an address and a port")]
    [InlineData("--listen example.org:70", "--listen is 'example.org:70'; it must be an address and a port")]
    [InlineData("--listen 127.0.0.1:70000", "--listen is '127.0.0.1:70000'; it must be an address and a port")]
    [InlineData(
        "--api-key-file SHORT",
        "the key in --api-key-file 'SHORT' has 5 characters; it must have at least 16, all of them visible ASCII, such as the output of 'openssl rand -hex 32'"
    )]
    [InlineData("--api-key-file LINES", "the key in --api-key-file 'LINES' has 2 lines; it must be one line")]
    [InlineData("--api-key-file nowhere", "--api-key-file is 'nowhere', which cannot be read: ")]
    [InlineData("--tls-certificate KEY", "--tls-certificate is 'KEY', which cannot be used: ")]
    [InlineData("--tls-key KEY", "--tls-key is given without --tls-certificate; both must be given")]
    [InlineData(
        "--max-per-stage 0",
        "--max-per-stage is '0'; it must be a whole number from 1 to 2,000,000,000 records"
    )]
    [InlineData(
        "--allow-host a/b",
        "--allow-host is 'a/b'; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData(
        "--max-in-memory 1MiB",
        "--max-in-memory is given without --data; without a data directory all waiting records are in memory, and --max-bytes limits them"
    )]
    [InlineData("--full-mode drop", "--full-mode is 'drop'; it must be wait, reject, drop-oldest or drop-newest")]
    [InlineData("--lissen 1", "'--lissen' is not an option of conveyor serve; did you mean --listen?")]
    public async Task Wrong_values_are_named_with_the_valid_values(string flags, string complaint)
    {
        var folder = Directory.CreateTempSubdirectory("conveyor").FullName;
        try
        {
            string Named(string text) =>
                text.Replace("SHORT", Path.Combine(folder, "SHORT"), StringComparison.Ordinal)
                    .Replace("LINES", Path.Combine(folder, "LINES"), StringComparison.Ordinal)
                    .Replace("KEY'", Path.Combine(folder, "KEY'"), StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder, "KEY"), "0123456789abcdef\n");
            await File.WriteAllTextAsync(Path.Combine(folder, "SHORT"), "abcde");
            await File.WriteAllTextAsync(Path.Combine(folder, "LINES"), "0123456789abcdef\n0123456789abcdef\n");

            var (exit, output, error) = await TestTerminal.ConveyorAsync([
                "serve",
                .. flags.Split(' ').Select(f => f is "KEY" or "SHORT" or "LINES" ? Path.Combine(folder, f) : f),
            ]);

            Assert.Equal(ExitCodes.Usage, exit);
            Assert.Empty(output);
            Assert.Contains(Named(complaint), error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
