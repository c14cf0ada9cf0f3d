using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace ConveyorActors.Http.Tests.Records;

/// <summary>Records that come in over HTTP.</summary>
public sealed class OfferTests
{
    [Theory]
    [InlineData("application/x-ndjson", "{\"a\":1}\n\n{\"b\":2}\r\n[3]", new[] { "{\"a\":1}", "{\"b\":2}", "[3]" })]
    [InlineData("application/jsonl; charset=utf-8", "1\n\"two\"\n", new[] { "1", "\"two\"" })]
    [InlineData(
        "application/json",
        " [ {\"a\":[1,\"]\\\"\"]} , 2,\n\"x,y\" ] ",
        new[] { "{\"a\":[1,\"]\\\"\"]}", "2", "\"x,y\"" }
    )]
    [InlineData("application/json", "{\"a\":1}\n{\"b\":2}", new[] { "{\"a\":1}", "{\"b\":2}" })]
    [InlineData("application/json", "[]", new string[0])]
    [InlineData("text/plain", "one\n\ntwo\r\nthree", new[] { "one", "", "two\r", "three" })]
    [InlineData("application/x-www-form-urlencoded", "a=b&c\n", new[] { "a=b&c" })]
    [InlineData(null, "bytes\n", new[] { "bytes" })]
    [InlineData("text/plain", "", new string[0])]
    public async Task Each_line_or_item_of_a_body_is_a_record(string? type, string body, string[] records)
    {
        await using var serving = await Serving.StartAsync();

        var reply = await Serving.OkAsync(await serving.OfferAsync(body, type));

        Assert.Equal(records.Length, reply.Number("accepted"));
        Assert.Equal(0, reply.Number("refused"));
        Assert.Equal(JsonValueKind.Null, reply.GetProperty("reason").ValueKind);
        Assert.Equal("None", reply.Text("signal"));
        Assert.Equal(0, reply.Number("delayMs"));
        Assert.Equal(5_000 - records.Length, reply.Number("credits"));
        Assert.Equal(records, await serving.WaitingAsync());
    }

    [Theory]
    [InlineData("{'a':1}\n", 16)]
    [InlineData("[{'a':1}]", 18)]
    [InlineData("{'a':1}\n{'b':2}\n{'c':3}\n", 48)]
    [InlineData("<16000 blanks>\n{'a':1}\n", 16)]
    [InlineData("{'a':1}\n<16000 blanks>\n", 256)]
    [InlineData("[1<15000 blanks>,2]", 512)]
    [InlineData("[1,<15000 blanks>2]", 512)]
    [InlineData("'<5000 letters>'\n1\n", 6000)]
    public async Task The_records_of_a_body_keep_little_more_than_their_bytes_in_memory(string body, int most)
    {
        await using var serving = await Serving.StartAsync();

        await Serving.OkAsync(
            await serving.OfferAsync(
                body.Replace('\'', '"')
                    .Replace("<16000 blanks>", new(' ', 16_000), StringComparison.Ordinal)
                    .Replace("<15000 blanks>", new(' ', 15_000), StringComparison.Ordinal)
                    .Replace("<5000 letters>", new('y', 5_000), StringComparison.Ordinal),
                "application/json"
            )
        );

        Assert.InRange(await GetKeptBytesAsync(serving), 1, most);
    }

    [Fact]
    public async Task The_accepted_first_records_of_a_body_do_not_keep_the_refused_ones_in_memory()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 2 });

        var reply = await Serving.OkAsync(
            await serving.OfferAsync(string.Concat(Enumerable.Range(0, 600).Select(i => $"{i:D29}\n")), "text/plain")
        );

        Assert.Equal(2, reply.Number("accepted"));
        Assert.InRange(await GetKeptBytesAsync(serving), 2 * 29, 256);
    }

    [Fact]
    public async Task The_only_new_record_among_duplicates_does_not_keep_all_of_them_in_memory()
    {
        await using var serving = await Serving.StartAsync(
            new() { Stage = new() { Duplicates = new() { Count = 1_000 } } }
        );
        var same = string.Concat(Enumerable.Range(0, 480).Select(i => $"{{\"id\":{i},\"text\":\"xxxxxxxxxx\"}}\n"));
        await Serving.OkAsync(await serving.OfferAsync(same, query: "source=web&idField=id"));
        var before = await GetKeptBytesAsync(serving);

        var reply = await Serving.OkAsync(
            await serving.OfferAsync(same + "{\"id\":\"new\"}\n", query: "source=web&idField=id")
        );

        Assert.Equal(1, reply.Number("accepted"));
        Assert.InRange(await GetKeptBytesAsync(serving) - before, 1, 2_048);
    }

    [Theory]
    [InlineData("{'id':'<long>','text':'x'}", "source=web&body=records", 20_000)]
    [InlineData("{'key':'<long>','text':'x'}", "source=web&body=records", 20_000)]
    [InlineData("{'headers':{'a':'<long>'},'text':'x'}", "source=web&body=records", 20_033)]
    [InlineData("{'id':'<long>'}", "source=web&idField=id", 20_000)]
    public async Task The_id_key_and_headers_of_a_record_are_limited(string body, string query, int length)
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync(
                body.Replace('\'', '"').Replace("<long>", new('y', 20_000), StringComparison.Ordinal),
                query: query
            ),
            400,
            "bad-record"
        );

        Assert.Equal(
            $"line 1: its id, key and headers have {length} characters, counting 32 more for each header; they must have at most 16384",
            problem.Text("detail")
        );
        Assert.Empty(await serving.WaitingAsync());
    }

    /// <summary>Returns the bytes of all arrays that waiting records keep in memory.</summary>
    static async Task<int> GetKeptBytesAsync(Serving serving) =>
        (await serving.Service.PeekAsync("orders", "parse", 1_000))
            .Select(kept => MemoryMarshal.TryGetArray(kept.Record.Payload, out var array) ? array.Array! : [])
            .Distinct()
            .Sum(array => array.Length);

    [Fact]
    public async Task A_line_of_text_may_have_any_bytes()
    {
        await using var serving = await Serving.StartAsync();
        byte[] line = [0, 255, 0xC3, 0x28, 13];

        await Serving.OkAsync(await serving.OfferAsync([.. line, 10], "text/plain"));

        Assert.Equal(
            line,
            Assert.Single(await serving.Service.PeekAsync("orders", "parse", 9)).Record.Payload.ToArray()
        );
        Assert.Equal(Convert.ToBase64String(line), (await serving.LeaseAsync()).Items("records")[0].Text("base64"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_body_is_read_as_it_arrives_also_in_gzip_format(bool isGzip)
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerSource = 100_000, MaxPerStage = 100_000 });
        var lines = Enumerable
            .Range(0, 20_000)
            .Select(i => $"{{\"number\":{i},\"text\":\"{new string('x', i % 300)}\"}}")
            .ToArray();
        var body = Encoding.UTF8.GetBytes(string.Join('\n', lines));

        var reply = await Serving.OkAsync(
            await serving.OfferAsync(
                isGzip ? Zipped(body) : body,
                change: content =>
                {
                    if (isGzip)
                        content.Headers.ContentEncoding.Add("gzip");
                }
            )
        );

        Assert.Equal(lines.Length, reply.Number("accepted"));
        Assert.Equal(lines, await serving.WaitingAsync());
    }

    [Fact]
    public async Task Records_can_come_with_ids_keys_headers_and_times()
    {
        await using var serving = await Serving.StartAsync();

        await Serving.OkAsync(
            await serving.OfferAsync(
                """
                {"id":"a1","key":"k","headers":{"h":"v"},"eventTime":"2026-11-26T16:00:00+01:00","text":"Grüße"}
                {"base64":"AP8="}
                {"json": {"x" : [1, 2]} , "id": null}
                """,
                query: "source=web&body=records"
            )
        );

        var records = await serving.Service.PeekAsync("orders", "parse", 9);
        Assert.Equal(
            new ConveyorRecord("a1", "Grüße"u8.ToArray())
            {
                Key = "k",
                Headers = new Dictionary<string, string> { ["h"] = "v" },
                EventTime = DateTimeOffset.Parse(
                    "2026-11-26T16:00:00+01:00",
                    System.Globalization.CultureInfo.InvariantCulture
                ),
            },
            records[0].Record
        );
        Assert.Equal(new ConveyorRecord("", new byte[] { 0, 255 }), records[1].Record);
        Assert.Equal(new ConveyorRecord("", """{"x" : [1, 2]}"""u8.ToArray()), records[2].Record);
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"b\":}", "application/x-ndjson", "", "line", 2, 1, "line 2: it is not JSON: ")]
    [InlineData("{}\n\n{} {}", "application/x-ndjson", "", "line", 3, 1, "line 3: it is not JSON: ")]
    [InlineData("[1,2,{\"a\"}]", "application/json", "", "item", 3, 2, "item 3: it is not JSON: ")]
    [InlineData("[1,,2]", "application/json", "", "item", 2, 1, "item 2: an element is missing before ','")]
    [InlineData("[1,2,]", "application/json", "", "item", 3, 2, "item 3: an element is missing before ']'")]
    [InlineData("[1,2", "application/json", "", "item", 2, 1, "item 2: the array does not end")]
    [InlineData(
        "[1] 2",
        "application/json",
        "",
        "item",
        1,
        1,
        "item 1: '2' follows the end of the array; it must be the last thing in the body"
    )]
    [InlineData("[\"a\" \"b\"]", "application/json", "", "item", 1, 0, "item 1: it is not JSON: ")]
    [InlineData(
        "{\"text\":\"a\"}\n{\"txt\":\"b\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        2,
        1,
        "line 2: 'txt' is not a member of a record; it must be id, key, headers, eventTime, text, base64 or json"
    )]
    [InlineData(
        "{\"text\":\"a\",\"base64\":\"\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        1,
        0,
        "line 1: it has both text and base64; it must have only one of them"
    )]
    [InlineData(
        "{\"id\":\"a\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        1,
        0,
        "line 1: it has no payload; it must have text, base64 or json"
    )]
    [InlineData(
        "{\"base64\":\"?\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        1,
        0,
        "line 1: base64 is \"?\"; it must be valid base64"
    )]
    [InlineData(
        "{\"text\":\"\\ud800\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        1,
        0,
        "line 1: 'text' has half of a surrogate pair; it must be a valid string"
    )]
    [InlineData(
        "{\"id\":[1]}",
        "application/x-ndjson",
        "&idField=id",
        "line",
        1,
        0,
        "line 1: 'id' is an array; an id must be a string or a number"
    )]
    [InlineData(
        "{\"id\":5,\"text\":\"\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        1,
        0,
        "line 1: id is '5'; it must be a string"
    )]
    [InlineData(
        "{\"eventTime\":\"noon\",\"text\":\"\"}",
        "application/x-ndjson",
        "&body=records",
        "line",
        1,
        0,
        "line 1: eventTime is \"noon\"; it must be a time such as \"2026-11-26T16:00:00Z\""
    )]
    [InlineData(
        "{\"a\":",
        "application/x-ndjson",
        "",
        "line",
        1,
        0,
        "line 1: it is not JSON: an object or array is not closed"
    )]
    public async Task A_wrong_line_is_named_and_the_lines_before_it_are_accepted(
        string body,
        string type,
        string query,
        string word,
        long number,
        long accepted,
        string detail
    )
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync(body, type, "source=web" + query),
            400,
            "bad-record"
        );

        Assert.Equal(number, problem.Number(word));
        Assert.Equal(accepted, problem.Number("accepted"));
        foreach (var name in (string[])["signal", "delayMs", "credits"])
            Assert.Equal(accepted == 0, problem.GetProperty(name).ValueKind == System.Text.Json.JsonValueKind.Null);
        Assert.StartsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(accepted, (await serving.WaitingAsync()).Length);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_not_JSON()
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync([(byte)'"', 0xFF, (byte)'"']),
            400,
            "bad-record"
        );

        Assert.Equal("line 1: it has bytes that are not UTF-8", problem.Text("detail"));
    }

    [Theory]
    [InlineData("", "source is missing; it must be the name of a source: ?source=NAME")]
    [InlineData("source=", "source is empty; it must be a name of 1 to 200 characters without control characters.")]
    [InlineData("source=a%0Ab", "source is 'a?b' with the control character U+000A; it must be")]
    [InlineData("source=%E2%80%AEgnp.exe", "source is '?gnp.exe'; it must be text without invisible characters")]
    [InlineData("source=web%E2%80%8B", "source is 'web?'; it must be text without invisible characters")]
    [InlineData("source=a&source=b", "source is given 2 times; it must be given once")]
    [InlineData("source=a&ack=disk", "ack is 'disk'; it must be buffered or persisted")]
    [InlineData("source=a&ack=persisted", "ack is 'persisted'; it must be buffered: this server keeps nothing on disk")]
    [InlineData("source=a&body=lines", "body is 'lines'; it must be payloads or records")]
    [InlineData("source=a&whole=yes", "whole is 'yes'; it must be true or false")]
    [InlineData("source=a&whole=", "whole is ''; it must be true or false")]
    [InlineData("source=a&whole", "whole is ''; it must be true or false")]
    [InlineData(
        "source=a&Whole=true",
        "'Whole' is not a parameter of this resource; it must be one of source, ack, body, idField, whole, credit, waitMs; did you mean whole?"
    )]
    [InlineData("source=a&credit=x", "credit is 'x'; it must be a whole number from 1 to")]
    [InlineData("source=a&waitMs=99999999", "waitMs is '99999999'; it must be a whole number from 0 to 30000")]
    [InlineData("source=a&sorce=b", "'sorce' is not a parameter of this resource; it must be one of source, ack,")]
    public async Task Wrong_parameters_are_named_with_the_valid_values(string query, string detail)
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(await serving.OfferAsync("{}", query: query), 400);

        Assert.StartsWith(detail, problem.Text("detail"), StringComparison.Ordinal);
        Assert.Empty(await serving.Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task Bodies_of_other_kinds_are_refused()
    {
        await using var serving = await Serving.StartAsync();

        foreach (var other in (string[])["text/html", "text/csv", "text/event-stream", "application/vnd.x+json"])
            await Serving.ProblemAsync(await serving.OfferAsync("1", other), 415, "unsupported-body");
        var type = await Serving.ProblemAsync(
            await serving.OfferAsync("<a/>", "application/xml"),
            415,
            "unsupported-body"
        );
        var encoding = await Serving.ProblemAsync(
            await serving.OfferAsync("{}"u8.ToArray(), change: c => c.Headers.ContentEncoding.Add("br")),
            415,
            "unsupported-body"
        );

        Assert.StartsWith(
            "Content-Type is 'application/xml'; it must be application/x-ndjson",
            type.Text("detail"),
            StringComparison.Ordinal
        );
        Assert.Equal("Content-Encoding is 'br'; it must be gzip or identity", encoding.Text("detail"));
    }

    [Theory]
    [InlineData("application/json; charset=utf-16", 415, "without a charset or with charset=utf-8")]
    [InlineData("application/x-ndjson;charset=\"iso-8859-1\"", 415, "without a charset or with charset=utf-8")]
    [InlineData("text/plain; charset=UTF-16LE", 415, "in a character set whose newline is one byte, such as UTF-8")]
    [InlineData("application/json; charset=UTF-8", 200)]
    [InlineData("application/x-ndjson; charset=us-ascii", 200)]
    [InlineData("text/plain; charset=iso-8859-1", 200)]
    public async Task A_body_must_be_in_a_character_set_that_can_be_read(string type, int status, string? error = null)
    {
        await using var serving = await Serving.StartAsync();

        var response = await serving.OfferAsync("[1]", type);

        Assert.Equal(status, (int)response.StatusCode);
        if (error is not null)
            Assert.EndsWith(
                error,
                (await Serving.ProblemAsync(response, 415, "unsupported-body")).Text("detail"),
                StringComparison.Ordinal
            );
    }

    [Fact]
    public async Task A_body_that_is_not_gzip_or_is_truncated_is_refused()
    {
        await using var serving = await Serving.StartAsync();
        var zipped = Zipped("{}\n{}\n{}"u8.ToArray());

        var garbage = await Serving.ProblemAsync(
            await serving.OfferAsync("{}"u8.ToArray(), change: c => c.Headers.ContentEncoding.Add("gzip")),
            400,
            "bad-record"
        );
        await Serving.ProblemAsync(
            await serving.OfferAsync(zipped[..(zipped.Length / 2)], change: c => c.Headers.ContentEncoding.Add("gzip")),
            400,
            "bad-record"
        );

        Assert.Contains("the body is not in gzip format", garbage.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public async Task Nothing_of_a_truncated_whole_gzip_body_is_accepted(double part)
    {
        await using var serving = await Serving.StartAsync();
        var random = new Random(5);
        var lines = string.Concat(Enumerable.Range(0, 3_000).Select(i => $"line {i} {random.Next()}\n"));
        var zipped = Zipped(Encoding.UTF8.GetBytes(lines));

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync(
                zipped[..(int)(zipped.Length * part)],
                "text/plain",
                "source=web&whole=true",
                change: c => c.Headers.ContentEncoding.Add("gzip")
            ),
            400,
            "bad-record"
        );

        Assert.Contains("truncated", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Empty(await serving.WaitingAsync());
    }

    [Fact]
    public async Task Bytes_after_a_gzip_body_are_refused()
    {
        await using var serving = await Serving.StartAsync();
        var zipped = Zipped("a\nb\n"u8.ToArray());

        await Serving.ProblemAsync(
            await serving.OfferAsync(
                [.. zipped, 1, 2, 3],
                "text/plain",
                "source=web&whole=true",
                change: c => c.Headers.ContentEncoding.Add("gzip")
            ),
            400,
            "bad-record"
        );

        Assert.Empty(await serving.WaitingAsync());
    }

    [Fact]
    public async Task An_offer_that_does_not_wait_is_accepted_if_there_is_room()
    {
        await using var serving = await Serving.StartAsync();

        await Serving.OkAsync(await serving.OfferAsync("1\n2", query: "source=web&waitMs=0"));

        Assert.Equal(["1", "2"], await serving.WaitingAsync());
    }

    [Fact]
    public async Task Records_and_bodies_that_are_too_large_are_refused_by_number()
    {
        await using var serving = await Serving.StartAsync(api: new() { MaxRecordBytes = 100, MaxBodyBytes = 2_000 });

        var record = await Serving.ProblemAsync(
            await serving.OfferAsync($"1\n\"{new string('x', 100)}\""),
            413,
            "record-too-large"
        );
        var body = await Serving.ProblemAsync(
            await serving.OfferAsync(string.Concat(Enumerable.Repeat("123456789\n", 201))),
            413,
            "body-too-large"
        );
        var unzipped = await Serving.ProblemAsync(
            await serving.OfferAsync(
                Zipped(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("123456789\n", 300)))),
                change: c => c.Headers.ContentEncoding.Add("gzip")
            ),
            413,
            "body-too-large"
        );

        Assert.Equal(2, record.Number("line"));
        Assert.Equal("line 2: it has 102 bytes or more; a record must have at most 100", record.Text("detail"));
        Assert.Equal("the body has more than 2000 bytes; it must have at most that many", body.Text("detail"));
        Assert.Equal(body.Text("detail"), unzipped.Text("detail"));
    }

    [Theory]
    [InlineData("\"12345678\"\n", Serving.JsonLines, true)]
    [InlineData("\"12345678\"\r\n", Serving.JsonLines, false)]
    [InlineData(" \"12345678\"\n", Serving.JsonLines, false)]
    [InlineData("[\"12345678\",1]", "application/json", true)]
    [InlineData("[\"12345678\" ,1]", "application/json", false)]
    public async Task Blanks_around_a_record_count_towards_its_size(string body, string type, bool fits)
    {
        await using var serving = await Serving.StartAsync(api: new() { MaxRecordBytes = 10 });

        var reply = await serving.OfferAsync(body, type);

        if (fits)
            await Serving.OkAsync(reply);
        else
            Assert.EndsWith(
                "1: it has 11 bytes or more; a record must have at most 10",
                (await Serving.ProblemAsync(reply, 413, "record-too-large")).Text("detail"),
                StringComparison.Ordinal
            );
    }

    [Theory]
    [InlineData("[", "1]")]
    [InlineData("[1", ",2]")]
    [InlineData("[1]", "")]
    public async Task Whitespace_counts_towards_the_size_of_a_compressed_body(string before, string after)
    {
        await using var serving = await Serving.StartAsync(api: new() { MaxBodyBytes = 200_000 });

        await Serving.ProblemAsync(
            await serving.OfferAsync(
                Zipped(Encoding.UTF8.GetBytes($"{before}{new string(' ', 300_000)}{after}")),
                "application/json",
                change: c => c.Headers.ContentEncoding.Add("gzip")
            ),
            413,
            "body-too-large"
        );

        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task A_record_of_the_largest_size_is_accepted(string type)
    {
        await using var serving = await Serving.StartAsync();
        var record = $"[{new string('1', (1 << 20) - 2)}]";

        var reply = await Serving.OkAsync(
            await serving.OfferAsync(
                type == "text/plain" ? $"{record}\n{record}" : $"[\"{record[2..]}\",\"{record[2..]}\"]",
                type
            )
        );

        Assert.Equal(2, reply.Number("accepted"));
    }

    [Fact]
    public async Task A_record_that_no_limit_could_admit_is_refused_by_its_line()
    {
        await using var serving = await Serving.StartAsync(new() { MaxBytesPerStage = 10 });

        var problem = await Serving.ProblemAsync(
            await serving.OfferAsync("1\n\n\"0123456789\"\n3"),
            413,
            "record-too-large"
        );
        Assert.Equal(3, problem.Number("line"));

        Assert.Equal("line 3 has more bytes than the limits of pipeline 'orders' can admit", problem.Text("detail"));
        Assert.Equal(1, problem.Number("accepted"));
        Assert.Equal(2, problem.Number("refused"));
    }

    static byte[] Zipped(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Fastest))
            zip.Write(bytes);
        return zipped.ToArray();
    }
}
