# SPDX-License-Identifier: MIT
# What every program promises about its options: help, man page, completion, errors, standard output.
. "$ROOT/tests/lib.sh"

words() { cut -f3 "$1" | sort -u; }
for program in "$BIN"/ll-*; do
	name=$(basename "$program")
	page=$ROOT/man/$name.1
	"$program" --list-options > table || { ok "$name --list-options" false; continue; }
	grep '^command' table | cut -f2 > commands
	grep -v '^command' table > options
	while read -r command; do "$program" "$command" --list-options < /dev/null >> options; done < commands
	words options > wanted

	status 0 "$name --help" "$program" --help < /dev/null
	cp .out text
	ok "$name --help says how it is used" grep -q "^Usage: $name" text
	status 0 "$name --version" "$program" --version < /dev/null
	cp .out text
	ok "$name --version names the libraries" grep -q "^libraries: zstd [0-9.]*, pcre2" text
	case $name in ll-dedup|ll-sample) has="none" ;; ll-clean) has="HTML\|none" ;; ll-train|ll-eval) has="OpenBLAS\|no BLAS" ;; *) has="zstd" ;; esac
	ok "$name --version names the features" grep -q "^features: .*\($has\)" text
	status 2 "$name: an unknown option" "$program" --no-such-option < /dev/null
	says "hint: see $name --help" "$name: points to the help"
	status 4 "$name --help into a full device" sh -c '"$1" --help > /dev/full' sh "$program"
	status 4 "$name --help into a closed descriptor" sh -c '"$1" --help >&-' sh "$program"
	while read -r command; do
		status 0 "$name $command --help" "$program" "$command" --help < /dev/null
		cp .out help
		"$program" "$command" --list-options < /dev/null | cut -f3 | sort > listed
		sed '/^Examples/,$d' help | sed -n 's/^ *\(-.,\)* *--\(\[no-\]\)*\([a-z0-9-]*\).*/--\3/p' | sort > shown
		ok "$name $command: help shows the table" sh -c "grep -v '^--no-' listed | diff - shown || diff listed shown"
		status 2 "$name $command: an unknown option" "$program" "$command" --no-such-option < /dev/null
		says "hint: see $name $command --help" "$name $command: points to the help"
	done < commands

	if [ -e "$page" ]; then
		# Common options may stand in lltools.7 alone.
		sed -n '/^\.It Fl/p' "$page" | tr ' ' '\n' | sed -n 's/^-\([a-z0-9][a-z0-9-]*\)$/--\1/p' | sort -u > documented
		common=$(grep -c '^common' options)
		[ -e "$ROOT/man/lltools.7" ] && sed -n '/^\.It Fl/p' "$ROOT/man/lltools.7" | tr ' ' '\n' |
			sed -n 's/^-\([a-z0-9][a-z0-9-]*\)$/--\1/p' | sort -u > shared
		[ -e shared ] || : > shared
		comm -23 wanted documented | comm -23 - shared > missing
		is "$(tr '\n' ' ' < missing)" "" "$name: every option ($common common) is in the man page"
		comm -13 wanted documented > unknown
		is "$(tr '\n' ' ' < unknown)" "" "$name: the man page names no other option"
		if command -v mandoc > /dev/null; then
			mandoc -Tlint -W warning "$page" > lint 2>&1
			is "$(cat lint)" "" "$name: mandoc finds no fault"
		fi
	fi
done

# What a script gives whose variable is not set: the name of a file that is none.
empty() { # empty PROGRAM COMMAND OPTION
	status 2 "$1 $2 $3= with nothing" "$1" ${2:+"$2"} "$3="
	says "is an empty name" "it is said"
}
for program in ll-clean ll-dedup ll-decontam ll-sample; do empty $program "" --output; done
for option in --output --files-from --tmpdir --rejects --stats; do empty ll-shard import $option; done
for option in --output --model; do empty ll-bpe encode $option; done
for option in --output --against --index-out --rejects; do empty ll-dedup "" $option; done
empty ll-train "" --output; empty ll-shard split --output; empty ll-shard pack --output
: > lines
status 2 "an operand of nothing" ll-shard import --from=text lines ""
says "an empty name among the files to read" "it is said"

# Completion, tried out in bash.
if command -v bash > /dev/null; then
	complete() { # complete WORD...: what is offered for the last word
		bash -c 'source <(ll-shard --completion=bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ll_shard 2>/dev/null
			printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' bash "$@"
	}
	is "$(complete ll-shard sp)" "split " "a command is completed"
	is "$(complete ll-shard split --by)" "--by-key= " "an option is completed"
	is "$(complete ll-shard import --progress = n)" "never " "a choice is completed"
	is "$(complete ll-shard check --by)" " " "options of other commands are not offered"
else
	skip "completion" "bash is not here"
fi

# What an option reads is not replaced by an output, whatever it is called; an operand may be, and a tokenizer by the one made of it.
printf 'a tree\n' > t.txt
ll-bpe train -q --from=text --pretokenizer=gpt2 --vocab-size=258 -o tok.json t.txt 2> /dev/null
ll-shard import -q -o docs.ll t.txt
cp tok.json kept.json; ln -s tok.json link.json; ln tok.json hard.json; echo docs.ll > list
for o in tok.json ./tok.json link.json hard.json; do
	status 2 "encode -m tok.json -o $o" ll-bpe encode -q -m tok.json -o $o docs.ll
	says "--output=$o is what --model reads" "says so"
done
status 2 "--stats" ll-bpe encode -q -m tok.json --stats=tok.json -o x.ll docs.ll
says "--stats=tok.json is what --model reads" "says so"
status 2 "inspect -m" ll-bpe inspect -m kept.json -m tok.json -o tok.json
status 2 "--files-from" ll-shard cat -q --files-from=list -o list
status 2 "pack" ll-shard pack -q -m tok.json --stats=tok.json -o ds docs.ll
same tok.json kept.json "it is there still"
absent "and nothing else" x.ll ds
cp docs.ll copy.ll; ln -s docs.ll linked.ll
for o in --stats --rejects --index-out; do
	for f in docs.ll linked.ll; do
		status 2 "$o=$f of docs.ll" ll-dedup -q --minhash=14x8 $o=$f -o x.ll docs.ll
		says "$o=$f is an input" "says so"
	done
done
same docs.ll copy.ll "it is there still"; absent "and nothing else" x.ll
ok "an operand" sh -c 'll-shard cat -q -o docs.ll docs.ll && ll-shard compare docs.ll copy.ll'
ok "prune" ll-bpe prune -q -m tok.json --vocab-size=257 -o tok.json
ok "train --extend" ll-bpe train -q --from=text --extend=tok.json --vocab-size=258 -o tok.json t.txt
ok "export" ll-bpe export -q --to=hf -m tok.json -o tok.json
finish
