using System.CommandLine;
using System.Diagnostics;
using ConveyorActors.Cli.Serve;
using ConveyorActors.Cli.Usage;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Tests.Serve;

/// <summary>What <c>conveyor serve</c> refuses in appsettings.json and in environment variables.</summary>
public sealed class SettingsFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("conveyor").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("""{"Conveyor":{"Data":["./x"]}}""", "Conveyor:Data is a list; it must be the path of a directory")]
    [InlineData(
        """{"Conveyor":{"Data":{"Dir":"x"}}}""",
        "Conveyor:Data is an object; it must be the path of a directory"
    )]
    [InlineData(
        """{"Conveyor":{"ApiKeyFile":["nokey"]}}""",
        "Conveyor:ApiKeyFile is a list; it must be the path of a file"
    )]
    [InlineData("""{"Conveyor":{"Insecure":[true]}}""", "Conveyor:Insecure is a list; it must be true or false")]
    [InlineData(
        """{"Conveyor":{"StageOrder":{"a":"b"}}}""",
        "Conveyor:StageOrder is an object; it must be a list, each item a name of 1 to 200 characters"
    )]
    [InlineData(
        """{"Conveyor":{"AllowHost":["a",["b"]]}}""",
        "Conveyor:AllowHost:1 is a list; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData(
        """{"Conveyor":{"AllowHost":[null]}}""",
        "Conveyor:AllowHost:0 is null; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData(
        """{"Conveyor":{"AllowHost":[""]}}""",
        "Conveyor:AllowHost is ''; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData("""{"Conveyor":[{"Data":"x"}]}""", "Conveyor is a list; it must be an object with the settings")]
    [InlineData("""{"Conveyor":[]}""", "Conveyor is an empty text or list; it must be an object with the settings")]
    [InlineData("""{"Conveyor":7}""", "Conveyor is '7'; it must be an object with the settings")]
    [InlineData("""{"Conveyor":{"Data":""}}""", "Conveyor:Data is ''; it must be the path of a directory")]
    [InlineData("""{"Conveyor":{"Data":[]}}""", "Conveyor:Data is ''; it must be the path of a directory")]
    [InlineData("""{"Conveyor":{"Insecure":""}}""", "Conveyor:Insecure is ''; it must be true or false")]
    [InlineData(
        """{"Conveyor":{"ApiKey":"secret0123456789"}}""",
        "Conveyor:ApiKey is not a setting of conveyor serve; the key must be given as the environment variable CONVEYOR_API_KEY, or in the file that Conveyor:ApiKeyFile names"
    )]
    [InlineData(
        "{\n  \"Conveyor\": {\n    \"Data\" }\n}",
        "appsettings.json is not JSON: line 3, byte 12: '}' is invalid"
    )]
    [InlineData("", "appsettings.json is not JSON: line 1, byte 1: The input does not contain any JSON tokens")]
    [InlineData(
        """{"Conveyor":{"Data":"a","data":"b"}}""",
        "appsettings.json has the key 'Conveyor:data' twice; it must have each key once"
    )]
    [InlineData(
        """{"Logging":{"LogLevel":{"Default":"Loud"}}}""",
        "Logging:LogLevel:Default is 'Loud'; it must be Trace, Debug, Information, Warning, Error, Critical or None"
    )]
    [InlineData(
        """{"Logging":{"Console":{"LogLevel":{"Microsoft.AspNetCore":"Loud"}}}}""",
        "Logging:Console:LogLevel:Microsoft.AspNetCore is 'Loud'; it must be Trace, Debug,"
    )]
    [InlineData(
        """{"Logging":{"LogLevel":"Loud"}}""",
        """Logging:LogLevel is 'Loud'; it must be an object of levels such as { "Default": "Warning" }"""
    )]
    [InlineData("""{"Logging":{"LogLevel":"Warning"}}""", "Logging:LogLevel is 'Warning'; it must be an object")]
    [InlineData("""{"Logging":{"LogLevel":""}}""", "Logging:LogLevel is ''; it must be an object")]
    [InlineData(
        """{"Logging":{"Console":{"LogLevel":"Error"}}}""",
        "Logging:Console:LogLevel is 'Error'; it must be an object"
    )]
    [InlineData("[1]", "appsettings.json cannot be read: Top-level JSON element must be an object")]
    public void A_wrong_setting_in_the_file_is_named_with_what_it_must_be(string json, string complaint)
    {
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), json);

        var error = Assert.Single(Read());

        Assert.StartsWith(complaint, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Conveyor":null}""")]
    [InlineData("""{"Conveyor":{}}""")]
    [InlineData("""{"Conveyor":{"Data":null,"AllowHost":[],"StageOrder":"parse"}}""")]
    [InlineData("""{"Other":[1]}""")]
    [InlineData("""{"Logging":{"Level":"Loud","LogLevel":{"Default":"warning","A":"","B":null}}}""")]
    public void A_setting_of_another_program_or_without_a_value_is_no_error(string json)
    {
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), json);

        Assert.Empty(Read());
    }

    [Theory]
    [InlineData("appsettings.json", null)]
    [InlineData("appsettings.Production.json", null)]
    [InlineData("appsettings.Test.json", "Test")]
    public void A_directory_in_the_place_of_the_file_is_refused(string file, string? environment)
    {
        Directory.CreateDirectory(Path.Combine(folder, file));

        Assert.StartsWith(
            $"{file} is a directory; it must be a file with an object of JSON",
            Assert.Single(Read(environment)),
            StringComparison.Ordinal
        );
    }

    [LinuxTheory]
    [InlineData("mkfifo appsettings.json", "appsettings.json is a pipe")]
    [InlineData("mkfifo p; ln -s p appsettings.json", "appsettings.json is a pipe")]
    [InlineData("ln -s /dev/zero appsettings.json", "appsettings.json is a device")]
    [InlineData("mkfifo appsettings.Production.json", "appsettings.Production.json is a pipe")]
    public void A_file_that_would_never_end_is_refused(string script, string complaint)
    {
        Run(script);

        Assert.StartsWith(
            $"{complaint}; it must be a file with an object of JSON",
            Assert.Single(Read()),
            StringComparison.Ordinal
        );
    }

    [UnixFact(Platforms.Links)]
    public void A_link_to_a_file_is_read()
    {
        File.WriteAllText(Path.Combine(folder, "settings"), """{"Conveyor":{"Data":""}}""");
        File.CreateSymbolicLink(Path.Combine(folder, "appsettings.json"), "settings");

        Assert.StartsWith("Conveyor:Data is ''", Assert.Single(Read()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_level_in_the_file_of_the_environment_is_checked()
    {
        File.WriteAllText(
            Path.Combine(folder, "appsettings.json"),
            """{"Logging":{"LogLevel":{"Default":"Loud","Other":"Quiet"}}}"""
        );
        File.WriteAllText(
            Path.Combine(folder, "appsettings.Test.json"),
            """{"Logging":{"LogLevel":{"Default":"Error"}}}"""
        );

        Assert.StartsWith(
            "Logging:LogLevel:Other is 'Quiet'; it must be Trace,",
            Assert.Single(Read("Test")),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("""{"Data":""}""", """{"Data":"shop"}""")]
    [InlineData("""{"AllowHost":"a b"}""", """{"AllowHost":["shop.example"]}""")]
    [InlineData("""{"AllowHost":["a b"]}""", """{"AllowHost":"shop.example"}""")]
    public void A_setting_in_the_file_of_the_environment_replaces_that_of_the_other_file(string wrong, string right)
    {
        Write("appsettings.json", wrong);
        Write("appsettings.Test.json", right);
        Assert.Empty(Read("Test"));

        Write("appsettings.json", right);
        Write("appsettings.Test.json", wrong);
        Assert.Single(Read("Test"));

        void Write(string file, string settings) =>
            File.WriteAllText(Path.Combine(folder, file), $$"""{"Conveyor":{{settings}}}""");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    public void A_variable_with_the_name_of_the_section_is_refused(string text)
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Conveyor", text), new("Conveyor:Retries", "1")])
            .Build();

        Assert.Equal(
            $"the environment variable Conveyor is '{text}'; it must not be set, because each setting is a variable of its own, such as Conveyor__MaxPerStage",
            Assert.Single(Read(settings, new()))
        );
    }

    [Theory]
    [InlineData("Data", "Conveyor:Data is ''; it must be the path of a directory")]
    [InlineData("AllowHost", "Conveyor:AllowHost is ''; it must be a name of this server")]
    [InlineData("Insecure", "Conveyor:Insecure is ''; it must be true or false")]
    public void An_empty_variable_is_refused_as_an_empty_flag_is(string name, string complaint)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new($"Conveyor:{name}", "")]).Build();

        Assert.StartsWith(complaint, Assert.Single(Read(settings, new())), StringComparison.Ordinal);
    }

    void Run(string script)
    {
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder, ArgumentList = { "-c", script } }
        )!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    IReadOnlyList<string> Read(string? environment = null)
    {
        var inputErrors = new InputErrors();
        return
            SettingsFile.Load(folder, name => name == "DOTNET_ENVIRONMENT" ? environment : null, inputErrors)
                is { } settings
            ? Read(settings, inputErrors)
            : inputErrors.All;
    }

    static IReadOnlyList<string> Read(IConfiguration settings, InputErrors inputErrors)
    {
        var (flags, command) = (new ServeFlags(), new Command("serve"));
        flags.AddTo(command);
        flags.Read(command.Parse([]), settings, inputErrors);
        return inputErrors.All;
    }
}
